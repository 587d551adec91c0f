/** The strings of the browser's language; English, where there are none. */
import { countingIn } from "./counting.ts";
import { de } from "./de.ts";
import { en, type Strings } from "./en.ts";

const LANGUAGES: Readonly<Record<string, Strings>> = { de, en };

/** The first of the browser's languages that there are strings of. */
export function chosen(wanted: readonly string[]): Strings {
  const found = wanted.map((tag) => LANGUAGES[tag.split("-")[0]?.toLowerCase() ?? ""]).find(Boolean);
  return found ?? en;
}

export const strings: Strings = chosen(navigator.languages);

/** A number with the separators of the language. */
export const { counted } = countingIn(strings.language);
