/** The events of the service in this page: from the worker that all tabs share, or from a connection of its own. */
import type { Schemas } from "../api/client.ts";
import { StreamConnection } from "./connection.ts";
import { LEAVING, type StreamMessage } from "./messages.ts";

export type Change = Schemas["LoggedChange"];
export type Device = Schemas["Device"];

/** What a listener is told; each method is optional. */
export interface StreamListener {
  /** The stream is open from here on: what was read before may be out of date. */
  onOpen?(): void;
  onClosed?(): void;
  onChange?(change: Change): void;
  onDevice?(device: Device): void;
  /** Events were lost, or an older backup was put back: read the lists again. */
  onReset?(): void;
}

/** Passes the events on to all parts of the page. */
export class EventStream {
  private readonly listeners = new Set<StreamListener>();
  private worker: SharedWorker | undefined;
  private own: StreamConnection | undefined;
  private isOpen = false;

  /** Begin to read. worker: the address of the script of the shared worker. */
  start(worker: string): void {
    // Chrome on Android has no shared workers, and a browser that stores nothing for the page refuses them: there, each
    // tab reads for itself.
    try {
      this.worker = new SharedWorker(worker, { type: "module", name: "iotconfig events" });
      this.worker.port.onmessage = ({ data }: MessageEvent<StreamMessage>) => {
        this.receive(data);
      };
    } catch {
      this.own = new StreamConnection((message) => {
        this.receive(message);
      });
      this.own.open();
    }
    window.addEventListener("pagehide", () => {
      this.worker?.port.postMessage(LEAVING);
      this.own?.close();
    });
    window.addEventListener("pageshow", ({ persisted }) => {
      // Put back from the cache of the browser, which ended the connection.
      if (persisted) location.reload();
    });
  }

  /** Returns a function that ends it. */
  listen(listener: StreamListener): () => void {
    this.listeners.add(listener);
    if (this.isOpen) listener.onOpen?.();
    return () => this.listeners.delete(listener);
  }

  private receive(message: StreamMessage): void {
    if (message.kind === "connection") {
      this.isOpen = message.isOpen;
      this.tell((listener) => (message.isOpen ? listener.onOpen?.() : listener.onClosed?.()));
    } else if (message.name === "change") {
      const change = JSON.parse(message.data) as Change;
      this.tell((listener) => listener.onChange?.(change));
    } else if (message.name === "device") {
      const device = JSON.parse(message.data) as Device;
      this.tell((listener) => listener.onDevice?.(device));
    } else if (message.name === "reset") {
      this.tell((listener) => listener.onReset?.());
    }
  }

  private tell(say: (listener: StreamListener) => void): void {
    for (const listener of this.listeners) say(listener);
  }
}

export const events = new EventStream();
