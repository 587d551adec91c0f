/** Three texts: a base, and two that were made of it. Changes of one are taken over into the other. */

/** A place of a text, and what stands there afterwards. */
export interface Edit {
  from: number;
  to: number;
  insert: string;
}

/** A changed range, as CodeMirror has it: in the text A, and in the text B. */
interface Range {
  fromA: number;
  toA: number;
  fromB: number;
  toB: number;
}

/** The edits that make the text `other` of the base. ranges: where both differ, in their order. */
export function editsOf(other: string, ranges: readonly Range[]): Edit[] {
  return ranges.map(({ fromA, toA, fromB, toB }) => ({
    from: fromA,
    to: toA,
    insert: other.slice(fromB, toB),
  }));
}

/** A text after edits, which are in order and apart. */
export function applied(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const { from, to, insert } of edits) {
    result += text.slice(at, from) + insert;
    at = to;
  }
  return result + text.slice(at);
}

/** Whether one of their edits stands where one of mine does, and is another one. */
export function isDisputed(theirs: readonly Edit[], mine: readonly Edit[]): boolean {
  return theirs.some((their) => mine.some((own) => touch(their, own) && !isSame(their, own)));
}

/**
 * Take over what another one has changed.
 *
 * @param base The text that both were made of.
 * @param theirs Their edits of it that are to be taken over.
 * @param mine All edits that made my text of it.
 * @returns Edits of my text. Where theirs and mine touch, theirs take the place of mine.
 */
export function takenOver(base: string, theirs: readonly Edit[], mine: readonly Edit[]): Edit[] {
  if (!isDisputed(theirs, mine)) {
    return theirs
      .filter((their) => !mine.some((own) => isSame(their, own)))
      .map(({ from, to, insert }) => ({ from: moved(from, mine), to: moved(to, mine), insert }));
  }
  let { from, to } = span(theirs);
  let replaced: readonly Edit[] = [];
  for (;;) {
    const range = { from, to };
    const touched = mine.filter((own) => touch(own, range));
    if (touched.length === replaced.length) break;
    replaced = touched;
    ({ from, to } = span([range, ...replaced]));
  }
  const inside = theirs.map((each) => ({ ...each, from: each.from - from, to: each.to - from }));
  const rest = mine.filter((own) => !replaced.includes(own));
  const start = moved(from, rest);
  const grown = replaced.reduce((sum, own) => sum + growth(own), 0);
  return [{ from: start, to: start + (to - from) + grown, insert: applied(base.slice(from, to), inside) }];
}

/** Where a place of the base, which no edit touches, is after the edits. */
function moved(place: number, edits: readonly Edit[]): number {
  return edits.filter(({ to }) => to <= place).reduce((sum, each) => sum + growth(each), place);
}

function growth({ from, to, insert }: Edit): number {
  return insert.length - (to - from);
}

function touch(one: { from: number; to: number }, other: { from: number; to: number }): boolean {
  return one.from <= other.to && other.from <= one.to;
}

function isSame(one: Edit, other: Edit): boolean {
  return one.from === other.from && one.to === other.to && one.insert === other.insert;
}

function span(ranges: readonly { from: number; to: number }[]): { from: number; to: number } {
  return {
    from: Math.min(...ranges.map(({ from }) => from)),
    to: Math.max(...ranges.map(({ to }) => to)),
  };
}
