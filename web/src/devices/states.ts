/** The states of devices, in the order in which they are shown: those that need somebody first. */
import type { Schemas } from "../api/client.ts";

export type State = Schemas["Device"]["state"];

export const STATES: readonly State[] = ["rejected", "drifted", "pending", "delivered", "never", "in_sync"];

export function isState(word: string): word is State {
  return (STATES as readonly string[]).includes(word);
}
