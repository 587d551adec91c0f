/** Keeps what a screen has read up to date. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

import { type Change, events } from "../events/stream.ts";
import { report } from "../shell/errors.ts";

/** Several events come in a burst: one request answers them all. */
const AFTER_EVENTS = 300;

/**
 * Reads when the screen appears, after changes of the fleet, and, where an interval is given, again and again while
 * the page is visible. One request at a time. The first of several errors is shown.
 */
export class Refreshing implements ReactiveController {
  private readonly host: ReactiveControllerHost;
  private readonly read: () => Promise<void>;
  private readonly interval: number | undefined;
  private readonly concerns: (change: Change) => boolean;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isConnected = false;
  private isReading = false;
  /** Whether something happened that the request on its way may not have seen. */
  private isBehind = false;
  private hasFailed = false;
  private endListening: (() => void) | undefined;

  /**
   * @param interval In milliseconds.
   * @param concerns Whether to read after a change of the fleet; by default, after each.
   */
  constructor(
    host: ReactiveControllerHost,
    read: () => Promise<void>,
    interval?: number,
    concerns: (change: Change) => boolean = () => true,
  ) {
    this.host = host;
    this.read = read;
    this.interval = interval;
    this.concerns = concerns;
    host.addController(this);
  }

  hostConnected(): void {
    this.isConnected = true;
    this.endListening = events.listen({ onOpen: this.soon, onChange: this.onChange, onReset: this.soon });
    document.addEventListener("visibilitychange", this.onVisibility);
    this.now();
  }

  hostDisconnected(): void {
    this.isConnected = false;
    this.endListening?.();
    document.removeEventListener("visibilitychange", this.onVisibility);
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Read at once. */
  now(): void {
    if (this.isReading) {
      this.isBehind = true;
      return;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.run();
  }

  private async run(): Promise<void> {
    this.isReading = true;
    this.isBehind = false;
    try {
      await this.read();
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed && this.isConnected) report(error);
      this.hasFailed = true;
    }
    this.isReading = false;
    this.host.requestUpdate();
    if (!this.isConnected) return;
    if (this.isBehind as boolean) this.after(AFTER_EVENTS);
    else if (this.interval !== undefined && !document.hidden) this.after(this.interval);
  }

  private after(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.now();
    }, wait);
  }

  private readonly soon = (): void => {
    if (this.isReading) this.isBehind = true;
    else if (!this.isBehind) {
      this.isBehind = true;
      this.after(AFTER_EVENTS);
    }
  };

  private readonly onChange = (change: Change): void => {
    if (this.concerns(change)) this.soon();
  };

  private readonly onVisibility = (): void => {
    if (this.interval === undefined) return;
    if (document.hidden) clearTimeout(this.timer);
    else this.now();
  };
}
