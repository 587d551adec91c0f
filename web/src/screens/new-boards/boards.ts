/** The search among new boards: somebody stands there with a board in hand, and reads its label. */
import type { Schemas } from "../../api/client.ts";

export type Board = Schemas["NewDevice"];

export const PATH = "/new-boards";

/** The boards with these digits in their MAC address, in any spelling, those first whose address ends with them. */
export function found(boards: readonly Board[], text: string): readonly Board[] {
  const digits = bare(text);
  if (text.trim() === "") return boards;
  if (!/^[0-9a-f]+$/.test(digits)) return [];
  const fitting = boards.filter(({ mac_address }) => bare(mac_address).includes(digits));
  const ends = ({ mac_address }: Board): boolean => bare(mac_address).endsWith(digits);
  return [...fitting.filter(ends), ...fitting.filter((board) => !ends(board))];
}

/** The MAC address that a text is, as the service writes it; undefined where it is none. */
export function wholeAddress(text: string): string | undefined {
  const digits = bare(text);
  return /^[0-9a-f]{12}$/.test(digits) ? digits.match(/../g)?.join(":") : undefined;
}

function bare(text: string): string {
  return text.trim().toLowerCase().replace(/[:.-]/g, "");
}
