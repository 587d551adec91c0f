/** Strings that are loaded with the screen that shows them, and not with the page. */
import { strings } from "./strings.ts";

/** The part of the browser's language. */
export function partOf<Part>(languages: { en: Part; de: Part }): Part {
  return strings.language === "de" ? languages.de : languages.en;
}
