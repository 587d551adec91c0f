/** The revisions of a device's config, the newest first, kept up to date by the stream of events. */
import type { ReactiveControllerHost } from "lit";

import { api, content, type Schemas } from "../../../api/client.ts";
import { NewestFirst } from "../../../parts/newest-first.ts";

export type Revision = Schemas["Revision"];

export class RevisionLog extends NewestFirst<Revision> {
  private mac = "";

  constructor(host: ReactiveControllerHost) {
    super(host, {
      page: async (cursor, limit) => {
        const params = { path: { id: this.mac }, query: { limit, ...(cursor !== undefined && { cursor }) } };
        const { revisions, next } = await content(api.GET("/api/configs/{id}/revisions", { params }));
        return { entries: revisions, next };
      },
      placeOf: ({ revision }) => revision,
      sizes: [20, 100],
      concerns: ({ subject }) => subject === this.mac,
    });
  }

  /** Show the history of another device. */
  show(mac: string): void {
    this.mac = mac;
    this.restart();
  }

  /** Whether the revisions before the oldest one were pruned: the first revision of a config creates it. */
  get isPruned(): boolean {
    return this.isRead && this.next === null && this.entries.at(-1)?.operation !== "create";
  }
}
