/** What a change of the log is about. */
import type { Schemas } from "../api/client.ts";

/** Whether the subject is a device, by its MAC address; otherwise it is named. */
export function isOfDevice({ kind }: Schemas["LoggedChange"]): boolean {
  return kind === "config" || kind === "tags" || kind === "document";
}
