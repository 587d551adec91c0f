/** What the histories of devices and of layers have in common. */
import type { Schemas } from "../api/client.ts";

/** A revision as a history shows it. */
export type Revision = Pick<
  Schemas["Revision"],
  "revision" | "operation" | "author" | "message" | "created_at" | "etag"
> &
  Partial<Pick<Schemas["Revision"], "mac_address">>;

/** Reads the difference between two revisions; without `from`, what the second one has changed. Throws as `answer` does. */
export type Differences = (from: number | undefined, to: number) => Promise<string>;
