/** The address of a sheet of labels. Its devices stand in the fragment, which no server sees, so that it has no limit. */
import { bare, wholeAddress } from "../devices/mac-address.ts";

export const PATH = "/labels";

/** Labels on one sheet: a browser takes minutes for many more. */
export const MOST = 1_000;

/** The address of the sheet of these devices. */
export function sheetAddress(macs: Iterable<string>): string {
  return `${PATH}#${[...macs].map(bare).join(",")}`;
}

/** The MAC addresses of a sheet, each once; what is no MAC address is left out. */
export function devicesOf(fragment: string): readonly string[] {
  const words = fragment.replace(/^#/, "").split(",");
  return [...new Set(words.map(wholeAddress).filter((mac) => mac !== undefined))];
}

/** Whether only this machine reaches an address with this host: a phone does not. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
