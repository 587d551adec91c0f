/** The config of a device with the exact text of its document, and changes of it. */
import { answer, api, content, type Schemas } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { memberText } from "./json-text.ts";

export interface StoredConfig {
  revision: number;
  /** The document as it was written. */
  text: string;
}

/** The config of a device; where layers alone serve it, an empty document to begin with. Throws as `answer` does. */
export async function readConfig(mac: string): Promise<StoredConfig> {
  try {
    const text = await content(
      api.GET("/api/configs/{id}", { params: { path: { id: mac } }, parseAs: "text", cache: "no-store" }),
    );
    const { revision } = JSON.parse(text) as Schemas["Config"];
    return { revision, text: memberText(text, "content") ?? "" };
  } catch (error) {
    const { served_by_layers: alone, revision } = error instanceof Problem ? error.details : {};
    if (alone === undefined || typeof revision !== "number") throw error;
    return { revision, text: "{}" };
  }
}

/** What saving a text would change, without saving it. Throws as `answer` does; a `Problem` with 412 if the revision is not the newest. */
export async function previewed(mac: string, text: string, revision: number): Promise<Schemas["Preview"]> {
  const { data } = await answer(put(mac, { content: text }, revision, true));
  return data as Schemas["Preview"];
}

/** Save a text as the revision after `revision`. Returns the new one. Throws as `previewed` does. */
export async function saved(mac: string, text: string, revision: number, message: string): Promise<number> {
  const body = message === "" ? { content: text } : { content: text, message };
  const { data } = await answer(put(mac, body, revision, false));
  return (data as Schemas["Config"]).revision;
}

function put(mac: string, body: { content: string; message?: string }, revision: number, isDry: boolean) {
  return api.PUT("/api/configs/{id}", { params: onlyOf(mac, revision, isDry), body });
}

/** What a roll back to a revision would change, without it. Throws as `previewed` does; 410 where it was pruned. */
export async function previewedRollBack(
  mac: string,
  target: number,
  revision: number,
): Promise<Schemas["Preview"]> {
  const { data } = await answer(rollBack(mac, { revision: target }, revision, true));
  return data as Schemas["Preview"];
}

/** Roll back to `target`, as the revision after `revision`. Throws as `previewedRollBack` does. */
export async function rolledBack(
  mac: string,
  target: number,
  revision: number,
  message: string | null,
): Promise<Schemas["Config"]> {
  const { data } = await answer(rollBack(mac, { revision: target, message }, revision, false));
  return data as Schemas["Config"];
}

function rollBack(mac: string, body: Schemas["RollbackTo"], revision: number, isDry: boolean) {
  return api.POST("/api/configs/{id}/rollback", { params: onlyOf(mac, revision, isDry), body });
}

/** The parameters of a change that is made only of this revision. */
function onlyOf(mac: string, revision: number, isDry: boolean) {
  return {
    path: { id: mac },
    query: isDry ? { dry_run: true } : {},
    header: { "If-Match": `"${revision}"` },
  };
}

/** The difference between two revisions; without `from`, what the second one has changed. Throws as `answer` does. */
export async function difference(
  mac: string,
  from: number | undefined,
  to: number,
): Promise<Schemas["Comparison"]> {
  const query = from === undefined ? { to } : { from, to };
  return content(api.GET("/api/configs/{id}/diff", { params: { path: { id: mac }, query } }));
}
