/** The entries of the log that a view shows, kept up to date by the stream of events. */
import type { ReactiveControllerHost } from "lit";

import { api, content, type Schemas } from "../../api/client.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import { report } from "../../shell/errors.ts";
import { joined } from "./change-groups.ts";
import { ALL, type Change, type ChangesView, parametersOf } from "./changes-view.ts";

const PAGE = 100;
/** Further pages are larger: a bulk change fills several small ones. */
const FURTHER_PAGE = 500;
/** A page may be empty although older entries fit: the service looks at a part of the log at a time. */
const EMPTY_PAGES = 20;

type Page = Schemas["Changes"];

export class ChangeLog {
  changes: readonly Change[] = [];
  /** The cursor of older entries; null where there are none. */
  next: string | null = null;
  isLoading = false;
  /** Whether the newest entries of the view were read. */
  isRead = false;

  private readonly host: ReactiveControllerHost;
  private view: ChangesView = ALL;
  /** Counts the views: an answer to an earlier one is left aside. */
  private turn = 0;

  constructor(host: ReactiveControllerHost) {
    this.host = host;
    new Refreshing(host, () => this.follow());
  }

  /** Show another part of the log. */
  show(view: ChangesView): void {
    this.view = view;
    this.changes = [];
    this.next = null;
    this.isRead = false;
    this.turn += 1;
    void this.read(undefined, PAGE);
  }

  /** Read older entries. */
  more(): void {
    if (this.isLoading) return;
    if (!this.isRead) void this.read(undefined, PAGE);
    else if (this.next !== null) void this.read(this.next, FURTHER_PAGE);
  }

  private async read(from: string | undefined, limit: number): Promise<void> {
    const { turn } = this;
    this.isLoading = true;
    this.host.requestUpdate();
    try {
      let page = await this.page(from, limit);
      for (let empty = 1; page.changes.length === 0 && page.next !== null && empty < EMPTY_PAGES; empty++) {
        if (turn !== this.turn) return;
        page = await this.page(page.next, limit);
      }
      if (turn !== this.turn) return;
      const known = new Set(this.changes.map(({ position }) => position));
      this.changes = [...this.changes, ...page.changes.filter(({ position }) => !known.has(position))];
      this.next = page.next;
      this.isRead = true;
    } catch (error) {
      if (turn === this.turn) report(error);
    } finally {
      if (turn === this.turn) this.isLoading = false;
      this.host.requestUpdate();
    }
  }

  /** Read what is new. */
  private async follow(): Promise<void> {
    const { turn } = this;
    if (turn === 0) return;
    if (!this.isRead) {
      this.more();
      return;
    }
    const { changes: newest, next } = await this.page(undefined, PAGE);
    if (turn !== this.turn) return;
    const all = joined(newest, this.changes, next === null);
    if (all === undefined || next === null) this.next = next;
    this.changes = all ?? newest;
  }

  private page(cursor: string | undefined, limit: number): Promise<Page> {
    const query = { ...parametersOf(this.view), limit, ...(cursor !== undefined && { cursor }) };
    return content(api.GET("/api/changes", { params: { query } }));
  }
}
