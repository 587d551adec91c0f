/** All devices of the fleet, as they are now: read once, then kept up to date by the stream of events. */
import { answer, api, content } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { type Change, type Device, events } from "../events/stream.ts";
import { isOfDevice } from "../events/subjects.ts";

const PAGE = 1_000;
/** Several events come in a burst; listeners are told once. */
const TELL_AFTER = 100;
const FIRST_RETRY = 2_000;
const LONGEST_RETRY = 30_000;
/** Signs of life send no events: the list is read again after this time for each page, at most after the longest. */
const REFRESH_PAGE = 60_000;
const LONGEST_REFRESH = 300_000;
/** Without the stream, sooner. */
const REFRESH_WITHOUT_STREAM = 30_000;
/** For each page of the list: a connection that has died without a word would never answer. */
const PATIENCE = 60_000;
/** Above so many changes at once, reading the whole list costs less. */
const READ_ONE_BY_ONE = 20;
/** A bulk change comes in several bursts; the list is read after the last one. */
const AFTER_MANY = 1_000;

type Listener = () => void;

export class DeviceStore {
  readonly devices = new Map<string, Device>();
  /** Whether every page of the list was read once. */
  isComplete = false;
  /** Whether the stream is open. */
  isLive = false;
  /** When the service was heard last, in milliseconds since the epoch; 0 for never. */
  heardAt = 0;
  /** The error of the last attempt to read the list. */
  error: unknown;

  private readonly listeners = new Set<Listener>();
  private hasStarted = false;
  private loading: Promise<void> | undefined;
  private mustLoadAgain = false;
  private retryAfter = FIRST_RETRY;
  private loadTimer: ReturnType<typeof setTimeout> | undefined;
  private tellTimer: ReturnType<typeof setTimeout> | undefined;
  private changedTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly changed = new Set<string>();
  /** Devices of which an event came while a page was on its way: the page may be older. */
  private readonly heard = new Set<string>();

  /** Returns a function that ends it. The first listener makes the store read. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.start();
    return () => this.listeners.delete(listener);
  }

  /** Read a device again, such as after a change that this page has made. */
  async refresh(mac: string): Promise<void> {
    try {
      this.put(await content(api.GET("/api/devices/{mac}", { params: { path: { mac } } })));
    } catch (error) {
      if (!(error instanceof Problem) || (error.status !== 404 && error.status !== 410)) throw error;
      this.devices.delete(mac);
      this.tell();
    }
  }

  /** Read the whole list again. */
  reload(): void {
    clearTimeout(this.loadTimer);
    if (this.loading) {
      this.mustLoadAgain = true;
      return;
    }
    this.loading = this.load().finally(() => {
      this.loading = undefined;
      if (this.mustLoadAgain) {
        this.mustLoadAgain = false;
        this.reload();
      }
    });
  }

  private start(): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    this.reload();
    events.listen({
      onOpen: () => {
        this.isLive = true;
        this.reload();
        this.tell();
      },
      onClosed: () => {
        this.isLive = false;
        this.loadLater(REFRESH_WITHOUT_STREAM);
        this.tell();
      },
      onReset: () => {
        this.reload();
      },
      onDevice: (device) => {
        this.heard.add(device.mac_address);
        this.put(device);
      },
      onChange: (change) => {
        this.follow(change);
      },
    });
  }

  private async load(): Promise<void> {
    const found = new Set<string>();
    try {
      let cursor: string | undefined;
      do {
        this.heard.clear();
        const query = { limit: PAGE, count: false, ...(cursor === undefined ? {} : { cursor }) };
        const { data } = await answer(
          api.GET("/api/devices", { params: { query }, signal: AbortSignal.timeout(PATIENCE) }),
        );
        for (const device of data.devices) {
          found.add(device.mac_address);
          if (!this.heard.has(device.mac_address)) this.devices.set(device.mac_address, device);
        }
        cursor = data.next ?? undefined;
        this.hear();
      } while (cursor !== undefined);
      for (const mac of this.devices.keys())
        if (!found.has(mac) && !this.heard.has(mac)) this.devices.delete(mac);
      this.isComplete = true;
      this.error = undefined;
      this.retryAfter = FIRST_RETRY;
      const refresh = Math.min(REFRESH_PAGE * Math.ceil((found.size + 1) / PAGE), LONGEST_REFRESH);
      this.loadLater(this.isLive ? refresh : REFRESH_WITHOUT_STREAM);
    } catch (error) {
      this.error = error;
      this.loadLater(this.retryAfter);
      this.retryAfter = Math.min(this.retryAfter * 2, LONGEST_RETRY);
    }
    this.tell();
  }

  private loadLater(wait: number): void {
    clearTimeout(this.loadTimer);
    this.loadTimer = setTimeout(() => {
      this.reload();
    }, wait);
  }

  /** The service sends an event of a device only where its state changes: its name and its document may change without one. */
  private follow(change: Change): void {
    this.hear();
    if (!isOfDevice(change)) return;
    this.changed.add(change.subject);
    this.changedTimer ??= setTimeout(() => {
      this.changedTimer = undefined;
      const changed = [...this.changed];
      this.changed.clear();
      if (changed.length > READ_ONE_BY_ONE) this.loadLater(AFTER_MANY);
      else if (change.operation === "replace-device") this.reload();
      else
        for (const mac of changed)
          void this.refresh(mac).catch(() => {
            this.loadLater(this.retryAfter);
          });
    }, TELL_AFTER);
  }

  private put(device: Device): void {
    this.devices.set(device.mac_address, device);
    this.hear();
  }

  private hear(): void {
    this.heardAt = Date.now();
    this.tell();
  }

  private tell(): void {
    this.tellTimer ??= setTimeout(() => {
      this.tellTimer = undefined;
      for (const listener of this.listeners) listener();
    }, TELL_AFTER);
  }
}

export const deviceStore = new DeviceStore();
