/** Lists that grow at their beginning. */

/**
 * What is known of a list with a newer page in front of it.
 *
 * @param newest The newest entries, the newest first.
 * @param known What was known before, the newest first.
 * @param isEnd Whether there are no entries older than the newest ones.
 * @param placeOf The place of an entry in the list: higher for each newer one.
 * @returns Undefined where entries between both may be missing.
 */
export function joined<Entry>(
  newest: readonly Entry[],
  known: readonly Entry[],
  isEnd: boolean,
  placeOf: (entry: Entry) => number,
): readonly Entry[] | undefined {
  const oldest = newest.at(-1);
  if (isEnd) return newest;
  if (!oldest) return known;
  if (known[0] === undefined || placeOf(oldest) > placeOf(known[0])) return undefined;
  return [...newest, ...known.filter((each) => placeOf(each) < placeOf(oldest))];
}
