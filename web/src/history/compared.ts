/** Which two revisions are compared: chosen one after the other, and kept in the address. */

export type Compared = readonly [number, number];

/** The revisions that an address compares, the earlier one first; undefined where it does not. */
export function comparedBy(query: URLSearchParams): Compared | undefined {
  const from = numberOf(query.get("from"));
  const to = numberOf(query.get("to"));
  if (from === undefined || to === undefined || from === to) return undefined;
  return from < to ? [from, to] : [to, from];
}

/** The choice after a click on a revision: it comes in or goes out; of three, the later one of the two before it stays. */
export function picked(before: readonly number[], revision: number): readonly number[] {
  if (before.includes(revision)) return before.filter((each) => each !== revision);
  return [...before.slice(-1), revision].sort((one, other) => one - other);
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}
