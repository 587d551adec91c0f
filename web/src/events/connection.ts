/** One connection to the stream of events, which is opened again for as long as it is wanted. */
import { NAMES, type StreamMessage } from "./messages.ts";

const ADDRESS = "/api/events";
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
/** An open stream is silent while nothing happens, and where the service or the network is dead. */
const PROBED_EVERY = 10_000;
const PATIENCE = 10_000;

/** Reads the stream. The browser connects again by itself after most ends; after a refusal, this class does. */
export class StreamConnection {
  isOpen = false;
  private readonly receive: (message: StreamMessage) => void;
  private source: EventSource | undefined;
  private wait = FIRST_WAIT;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private probeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(receive: (message: StreamMessage) => void) {
    this.receive = receive;
  }

  open(): void {
    if (this.source || this.timer !== undefined) return;
    const source = new EventSource(ADDRESS);
    this.source = source;
    source.onopen = () => {
      this.wait = FIRST_WAIT;
      this.setOpen(true);
      this.probeLater(source);
    };
    source.onerror = () => {
      this.setOpen(false);
      if (source.readyState === EventSource.CLOSED) this.openLater();
    };
    for (const name of NAMES) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        this.receive({ kind: "event", name, data });
      });
    }
  }

  close(): void {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.timer);
    clearTimeout(this.probeTimer);
    this.timer = undefined;
    this.setOpen(false);
  }

  private probeLater(source: EventSource): void {
    clearTimeout(this.probeTimer);
    this.probeTimer = setTimeout(() => void this.probe(source), PROBED_EVERY);
  }

  /** Whether the service answers at all; if not, the stream is closed, and opened again. */
  private async probe(source: EventSource): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE);
    const answers = await fetch("/", { method: "HEAD", cache: "no-store", signal }).then(
      () => true,
      () => false,
    );
    if (source !== this.source || !this.isOpen) return;
    if (answers) this.probeLater(source);
    else this.openLater();
  }

  /** After a refusal, or without an answer: longer each time, and not at the same moment as every other page. */
  private openLater(): void {
    this.close();
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.open();
      },
      this.wait * (0.5 + Math.random()),
    );
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  private setOpen(isOpen: boolean): void {
    if (this.isOpen !== isOpen) {
      this.isOpen = isOpen;
      this.receive({ kind: "connection", isOpen });
    }
  }
}
