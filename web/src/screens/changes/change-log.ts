/** The entries of the log that a view shows, kept up to date by the stream of events. */
import type { ReactiveControllerHost } from "lit";

import { api, content } from "../../api/client.ts";
import { NewestFirst } from "../../parts/newest-first.ts";
import { ALL, type Change, type ChangesView, parametersOf } from "./changes-view.ts";

export class ChangeLog extends NewestFirst<Change> {
  private view: ChangesView = ALL;

  constructor(host: ReactiveControllerHost) {
    super(host, {
      page: async (cursor, limit) => {
        const query = { ...parametersOf(this.view), limit, ...(cursor !== undefined && { cursor }) };
        const { changes, next } = await content(api.GET("/api/changes", { params: { query } }));
        return { entries: changes, next };
      },
      placeOf: ({ position }) => position,
      // Further pages are larger: a bulk change fills several small ones.
      sizes: [100, 500],
    });
  }

  /** Show another part of the log. */
  show(view: ChangesView): void {
    this.view = view;
    this.restart();
  }
}
