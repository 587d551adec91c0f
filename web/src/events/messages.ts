/** What the shared stream tells a page, and what a page tells the worker that shares it. */

/** The names of the events of `GET /api/events`. */
export const NAMES = ["hello", "change", "device", "reset"] as const;

export interface ServiceEvent {
  kind: "event";
  name: (typeof NAMES)[number];
  /** The JSON of the event. */
  data: string;
}

export interface ConnectionState {
  kind: "connection";
  isOpen: boolean;
}

/** A line of the stream, or a change of its connection. */
export type StreamMessage = ServiceEvent | ConnectionState;

/** A page that is closed says so; a worker has no other sign of it. */
export const LEAVING = "leaving";
