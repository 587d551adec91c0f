/** Why a MAC address has no document any more. */
import { api, content, type Schemas } from "../../../api/client.ts";
import { Problem } from "../../../api/problem.ts";
import { memberText } from "../../../documents/json-text.ts";

/** Its config was deleted; it can be restored. */
export interface Deletion {
  kind: "deleted";
  revision: Schemas["Revision"];
  name: string | null;
  /** The last document, as it was written; undefined where it was pruned, and where layers alone served the device. */
  text: string | undefined;
}

/** Another board has taken its place. */
export interface Replacement {
  kind: "replaced";
  by: string;
}

export type End = Deletion | Replacement;

/**
 * Why the API refuses a device; undefined where it never had a document.
 *
 * @param refusal What `GET /api/devices/{mac}` answered.
 * @throws {Problem} The refusal has another reason.
 */
export async function endOf(mac: string, refusal: unknown): Promise<End | undefined> {
  if (!(refusal instanceof Problem)) throw refusal;
  const { replaced_by: by } = refusal.details;
  if (refusal.status === 410 && typeof by === "string") return { kind: "replaced", by };
  if (refusal.status !== 404) throw refusal;
  const params = { path: { id: mac }, query: { limit: 1 } };
  const found = await unlessMissing(api.GET("/api/configs/{id}/revisions", { params }));
  const [newest] = found?.revisions ?? [];
  if (newest?.operation !== "delete") return undefined;
  return { kind: "deleted", revision: newest, ...(await lastDocument(newest)) };
}

async function lastDocument({
  config_id: id,
  revision,
}: Schemas["Revision"]): Promise<{ name: string | null; text: string | undefined }> {
  const compared = await unlessMissing(
    api.GET("/api/configs/{id}/diff", { params: { path: { id: String(id) }, query: { to: revision } } }),
  );
  if (!compared?.from) return { name: null, text: undefined };
  const body = await unlessMissing(
    api.GET("/api/configs/{id}/revisions/{number}", {
      params: { path: { id: String(id), number: compared.from.revision } },
      parseAs: "text",
    }),
  );
  const written = body && memberText(body, "content");
  // Layers alone served it.
  const text = written === "null" ? undefined : written;
  const name = text === undefined ? null : (JSON.parse(text) as { deviceName?: string | null }).deviceName;
  return { name: name ?? null, text };
}

/** The content of an answer; undefined where what was asked for never was (404), or was pruned (410). */
async function unlessMissing<Data>(request: Parameters<typeof content<Data>>[0]): Promise<Data | undefined> {
  try {
    return await content(request);
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 410)) return undefined;
    throw error;
  }
}
