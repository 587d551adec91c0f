/** The devices that the operator has selected, by MAC address. It outlives a change of screens. */

type Listener = () => void;

export class Selection {
  private readonly chosen = new Set<string>();
  private readonly listeners = new Set<Listener>();

  get size(): number {
    return this.chosen.size;
  }

  /** In the order in which they were selected. */
  get macs(): readonly string[] {
    return [...this.chosen];
  }

  has(mac: string): boolean {
    return this.chosen.has(mac);
  }

  toggle(mac: string): void {
    if (!this.chosen.delete(mac)) this.chosen.add(mac);
    this.tell();
  }

  add(macs: Iterable<string>): void {
    for (const mac of macs) this.chosen.add(mac);
    this.tell();
  }

  clear(): void {
    this.chosen.clear();
    this.tell();
  }

  /** Leave out devices that do not exist any more. */
  keepOnly(exists: (mac: string) => boolean): void {
    const gone = [...this.chosen].filter((mac) => !exists(mac));
    for (const mac of gone) this.chosen.delete(mac);
    if (gone.length > 0) this.tell();
  }

  /** Returns a function that ends it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

export const selection = new Selection();
