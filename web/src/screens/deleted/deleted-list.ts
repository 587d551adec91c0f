/** The configs that can be restored, and the devices that have none any more. */
import type { ReactiveControllerHost } from "lit";

import { api, content, type Schemas } from "../../api/client.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import { report } from "../../shell/errors.ts";

export type DeletedConfig = Schemas["DeletedConfig"];
export type Former = Schemas["Former"];

const PAGE = 200;
/** Of former devices; further ones have no last sign, and are not in the list of replaced boards. */
const FORMER = 1_000;

export class DeletedList {
  configs: readonly DeletedConfig[] | undefined;
  /** The cursor of the next page; null where there is none. */
  next: string | null = null;
  /** By MAC address. */
  former: ReadonlyMap<string, Former> = new Map();

  private readonly host: ReactiveControllerHost;
  private readonly refreshing: Refreshing;

  constructor(host: ReactiveControllerHost) {
    this.host = host;
    this.refreshing = new Refreshing(host, () => this.read());
  }

  /** The boards that others have replaced. */
  get replaced(): readonly Former[] {
    return [...this.former.values()].filter((each) => each.replaced_by !== null);
  }

  /** Read again, such as after a restoration. */
  refresh(): void {
    this.refreshing.now();
  }

  /** Read the next page. */
  async more(): Promise<void> {
    if (this.next === null) return;
    try {
      const page = await this.page(this.next);
      const known = new Set(this.configs?.map(({ id }) => id));
      this.configs = [...(this.configs ?? []), ...page.configs.filter(({ id }) => !known.has(id))];
      this.next = page.next;
      this.host.requestUpdate();
    } catch (error) {
      report(error);
    }
  }

  private async read(): Promise<void> {
    const query = { former: true, limit: FORMER };
    const [page, { former }] = await Promise.all([
      this.page(undefined),
      content(api.GET("/api/devices", { params: { query } })),
    ]);
    this.configs = page.configs;
    this.next = page.next;
    this.former = new Map((former ?? []).map((each) => [each.mac_address, each]));
  }

  private page(cursor: string | undefined): Promise<Schemas["DeletedConfigs"]> {
    const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
    return content(api.GET("/api/deleted-configs", { params: { query } }));
  }
}
