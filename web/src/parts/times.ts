/** Moments in words: relative, and exactly. */
import { strings } from "../strings/strings.ts";

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

const relative = new Intl.RelativeTimeFormat(strings.language, { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(strings.language, { dateStyle: "full", timeStyle: "long" });
const brief = new Intl.DateTimeFormat(strings.language, { dateStyle: "medium", timeStyle: "short" });

/** Such as "3 minutes ago". Both are milliseconds since the epoch. */
export function ago(moment: number, now: number = Date.now()): string {
  const seconds = Math.round((moment - now) / 1000);
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** Date and time in full, in the time zone of the browser. */
export function exactly(moment: number): string {
  return absolute.format(moment);
}

/** Date and time as short as they can be understood. */
export function briefly(moment: number): string {
  return brief.format(moment);
}

/** A duration in the largest unit that it fills, such as "3 minutes". */
export function lasting(seconds: number): string {
  const [unit, size] = STEPS.find(([, each]) => seconds >= each) ?? ["second", 1];
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(strings.language, style).format(Math.floor(seconds / size));
}
