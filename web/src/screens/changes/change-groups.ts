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
