/** The files of devices, and whether the devices were told of them. */
import type { ReactiveControllerHost } from "lit";

import { answer, api, content } from "../../api/client.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import type { Asset } from "./assets.ts";

/** No event tells of a file. In milliseconds. */
const INTERVAL = 10_000;
/** Announcements that are read; of further ones it is not said that they wait. */
const WAITING = 1_000;

export class AssetList {
  assets: readonly Asset[] | undefined;
  /** The names of those whose announcement waits for the broker. */
  waiting: ReadonlySet<string> = new Set();

  private readonly refreshing: Refreshing;

  constructor(host: ReactiveControllerHost) {
    this.refreshing = new Refreshing(host, () => this.read(), INTERVAL);
  }

  /** Delete a file. Throws as `answer` does. */
  async delete(name: string): Promise<void> {
    await answer(api.DELETE("/api/assets/{name}", { params: { path: { name } } }));
    this.assets = this.assets?.filter((each) => each.name !== name);
    this.refreshing.now();
  }

  private async read(): Promise<void> {
    const query = { limit: WAITING };
    const [{ assets }, { notifications }] = await Promise.all([
      content(api.GET("/api/assets")),
      content(api.GET("/api/notifications", { params: { query } })),
    ]);
    this.assets = assets;
    this.waiting = new Set(
      notifications
        .map(({ announcement }) => announcement.subject)
        .filter(({ kind }) => kind === "asset")
        .map(({ key }) => key),
    );
  }
}
