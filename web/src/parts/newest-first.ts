/** A list of the service with the newest entries first: read page by page on request, and kept up to date. */
import type { ReactiveControllerHost } from "lit";

import type { Change } from "../events/stream.ts";
import { report } from "../shell/errors.ts";
import { joined } from "./joined.ts";
import { Refreshing } from "./refreshing.ts";

/** A page may be empty although older entries fit: the service looks at a part of a log at a time. */
const EMPTY_PAGES = 20;

export interface Page<Entry> {
  entries: readonly Entry[];
  /** The cursor of older entries; null where there are none. */
  next: string | null;
}

/** Where the entries come from. */
export interface Source<Entry> {
  page(cursor: string | undefined, limit: number): Promise<Page<Entry>>;
  /** The place of an entry in the list: higher for each newer one. */
  placeOf(entry: Entry): number;
  /** How many entries the newest page has, and each older one. */
  sizes: readonly [number, number];
  /** Whether a change of the fleet may make entries of the list; by default, each. */
  concerns?(change: Change): boolean;
}

export class NewestFirst<Entry> {
  entries: readonly Entry[] = [];
  /** The cursor of older entries; null where there are none. */
  next: string | null = null;
  isLoading = false;
  /** Whether the newest entries were read. */
  isRead = false;

  private readonly host: ReactiveControllerHost;
  private readonly source: Source<Entry>;
  /** Counts the beginnings: an answer to an earlier one is left aside. */
  private turn = 0;

  constructor(host: ReactiveControllerHost, source: Source<Entry>) {
    this.host = host;
    this.source = source;
    new Refreshing(
      host,
      () => this.follow(),
      undefined,
      (change) => source.concerns?.(change) ?? true,
    );
  }

  /** Begin again, with another list of the same source. */
  restart(): void {
    this.entries = [];
    this.next = null;
    this.isRead = false;
    this.turn += 1;
    void this.read(undefined);
  }

  /** Read older entries. */
  more(): void {
    if (this.isLoading) return;
    if (!this.isRead) void this.read(undefined);
    else if (this.next !== null) void this.read(this.next);
  }

  private async read(from: string | undefined): Promise<void> {
    const { turn } = this;
    const limit = this.source.sizes[from === undefined ? 0 : 1];
    this.isLoading = true;
    this.host.requestUpdate();
    try {
      let page = await this.source.page(from, limit);
      for (let empty = 1; page.entries.length === 0 && page.next !== null && empty < EMPTY_PAGES; empty++) {
        if (turn !== this.turn) return;
        page = await this.source.page(page.next, limit);
      }
      if (turn !== this.turn) return;
      const known = new Set(this.entries.map((entry) => this.source.placeOf(entry)));
      this.entries = [
        ...this.entries,
        ...page.entries.filter((entry) => !known.has(this.source.placeOf(entry))),
      ];
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
    const { entries: newest, next } = await this.source.page(undefined, this.source.sizes[0]);
    if (turn !== this.turn) return;
    const all = joined(newest, this.entries, next === null, (entry) => this.source.placeOf(entry));
    if (all === undefined || next === null) this.next = next;
    this.entries = all ?? newest;
  }
}
