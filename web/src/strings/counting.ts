/** Numbers in sentences. */

/** The numbers of a language: with its separators, and with the form of the noun that its rules ask for. */
export function countingIn(language: string): {
  counted: (number: number) => string;
  plural: (number: number, one: string, other: string) => string;
} {
  const numbers = new Intl.NumberFormat(language);
  const rules = new Intl.PluralRules(language);
  const counted = (number: number): string => numbers.format(number);
  return {
    counted,
    plural: (number, one, other) => `${counted(number)} ${rules.select(number) === "one" ? one : other}`,
  };
}
