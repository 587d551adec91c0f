/** The last change of this tab that can be taken back at once. It outlives a change of screens, and a reload. */

export interface Undoable {
  /** What was done, in words. */
  said: string;
  /** The id of the write. */
  change: string;
  /** The device that was changed. */
  mac: string;
}

const KEY = "iotconfig undoable";

type Listener = () => void;

class LastChange {
  private kept = read();
  private readonly listeners = new Set<Listener>();

  /** Undefined where there is nothing to take back. */
  get current(): Undoable | undefined {
    return this.kept;
  }

  /** Offer the undo of a change in place of the one before it. */
  offer(change: Undoable): void {
    this.keep(change);
  }

  drop(): void {
    this.keep(undefined);
  }

  /** Returns a function that ends it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private keep(change: Undoable | undefined): void {
    this.kept = change;
    try {
      if (change) sessionStorage.setItem(KEY, JSON.stringify(change));
      else sessionStorage.removeItem(KEY);
    } catch {
      // Without storage, it does not outlive a reload.
    }
    for (const listener of this.listeners) listener();
  }
}

function read(): Undoable | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Undoable | null) ?? undefined;
  } catch {
    return undefined;
  }
}

export const lastChange = new LastChange();
