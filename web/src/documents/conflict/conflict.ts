/** A change of another operator that a text meets when it is saved. */
import { api, content, type Schemas } from "../../api/client.ts";
import type { Draft } from "../drafts.ts";
import { readConfig, type StoredConfig } from "../stored-config.ts";

/** Revisions that are named. */
const NAMED = 20;

export interface Conflict {
  /** What is stored now. */
  stored: StoredConfig;
  /** The revisions since the one that the text was made of, the newest first. */
  revisions: readonly Schemas["Revision"][];
  /** The revision that the text was made of, and its text. */
  revision: number;
  base: string;
  /** What was typed. */
  mine: string;
}

/** What was stored since a text was begun. Throws as `answer` does. */
export async function met(mac: string, { text: mine, revision, base }: Draft): Promise<Conflict> {
  const stored = await readConfig(mac);
  const params = { path: { id: mac }, query: { limit: NAMED } };
  const { revisions } = await content(api.GET("/api/configs/{id}/revisions", { params }));
  return {
    stored,
    revisions: revisions.filter((each) => each.revision > revision && each.revision <= stored.revision),
    revision,
    base,
    mine,
  };
}
