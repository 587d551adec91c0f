/** The search among files. */
import type { Schemas } from "../../api/client.ts";

export type Asset = Schemas["Asset"];

/** The files whose name has a text in it, the newest first. */
export function chosen(assets: readonly Asset[], text: string): readonly Asset[] {
  const wanted = text.trim().toLowerCase();
  return assets
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((one, other) => Date.parse(other.stored_at) - Date.parse(one.stored_at));
}
