/** The search among new boards: somebody stands there with a board in hand, and reads its label. */
import type { Schemas } from "../../api/client.ts";
import { bare } from "../../devices/mac-address.ts";

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
