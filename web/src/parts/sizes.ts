/** Sizes in words. */
import { strings } from "../strings/strings.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const STEP = 1_000;

const formats = UNITS.map(
  (unit) =>
    new Intl.NumberFormat(strings.language, {
      style: "unit",
      unit,
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumFractionDigits: 1,
    }),
);

/** A number of bytes in the unit that suits it, such as "1.2 MB". */
export function sized(bytes: number): string {
  // What would be rounded to a thousand is one of the next unit.
  const fits = (_: unknown, index: number): boolean => Math.round((bytes / STEP ** index) * 10) / 10 < STEP;
  const found = UNITS.findIndex(fits);
  const index = found === -1 ? UNITS.length - 1 : found;
  return formats[index]?.format(bytes / STEP ** index) ?? "";
}
