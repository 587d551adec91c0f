/** What can be done with the config of a device beside changing its document. All throw as `answer` does. */
import { answer, api, content } from "../api/client.ts";

/**
 * End a device, whatever serves it, if `revision` is the newest one of its config.
 *
 * @returns The id of the change.
 * @throws {Problem} With 412, if the revision is not the newest.
 */
export async function deleted(mac: string, revision: number, message: string | null): Promise<string> {
  const { query, header } = changing(mac, revision, message);
  const params = { path: { mac }, query, header };
  const { headers } = await answer(api.DELETE("/api/devices/{mac}", { params }));
  return headers.get("Iotconfig-Change") ?? "";
}

/** Move a config to another board, if `revision` is its newest one. Throws as `deleted` does; 409 if the board has one. */
export async function moved(
  mac: string,
  revision: number,
  to: string,
  message: string | null,
): Promise<void> {
  const params = changing(mac, revision, message);
  await answer(api.POST("/api/configs/{id}/replace-device", { params, body: { mac_address: to } }));
}

/** Give a deleted config its id, its last content and its history back. */
export async function restored(id: number, message: string | null): Promise<void> {
  const params = { path: { id }, query: message === null ? {} : { message } };
  await content(api.POST("/api/deleted-configs/{id}/restore", { params }));
}

function changing(mac: string, revision: number, message: string | null) {
  return {
    path: { id: mac },
    query: message === null ? {} : { message },
    header: { "If-Match": `"${revision}"` },
  };
}
