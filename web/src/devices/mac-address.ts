/** MAC addresses, in the spellings that people use. */

/** The MAC address that a text is, as the service writes it; undefined where it is none. */
export function wholeAddress(text: string): string | undefined {
  const digits = bare(text);
  return /^[0-9a-f]{12}$/.test(digits) ? digits.match(/../g)?.join(":") : undefined;
}

/** A text without what separates the digits of a MAC address. */
export function bare(text: string): string {
  return text.trim().toLowerCase().replace(/[:.-]/g, "");
}
