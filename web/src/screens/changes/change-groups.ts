/** Entries of the log that were stored by one write belong together: one undo takes all of them back. */
import type { Change } from "./changes-view.ts";

/** Neighbouring entries of one write, the newest first. */
export interface ChangeGroup {
  change: string;
  entries: readonly [Change, ...Change[]];
}

export function grouped(changes: readonly Change[]): readonly ChangeGroup[] {
  const groups: { change: string; entries: [Change, ...Change[]] }[] = [];
  for (const each of changes) {
    const last = groups.at(-1);
    if (last?.change === each.change) last.entries.push(each);
    else groups.push({ change: each.change, entries: [each] });
  }
  return groups;
}

/**
 * What is known of the log with a newer page in front of it.
 *
 * @param newest The newest entries, the newest first.
 * @param isEnd Whether there are no older ones.
 * @returns Undefined where entries between both may be missing.
 */
export function joined(
  newest: readonly Change[],
  known: readonly Change[],
  isEnd: boolean,
): readonly Change[] | undefined {
  const oldest = newest.at(-1);
  if (isEnd) return newest;
  if (!oldest) return known;
  if (known[0] === undefined || oldest.position > known[0].position) return undefined;
  return [...newest, ...known.filter((each) => each.position < oldest.position)];
}
