/** Which changes the log shows: read from the address, and written into it. */
import type { Schemas } from "../../api/client.ts";

export type Change = Schemas["LoggedChange"];
export type Operation = Change["operation"];

export const PATH = "/changes";

export const OPERATIONS: readonly Operation[] = [
  "create",
  "update",
  "delete",
  "clear",
  "rollback",
  "restore",
  "replace-device",
  "tag",
  "note",
  "model",
  "serve",
];

/** What the log is limited to; empty where it is not. */
export interface ChangesView {
  /** The id of a write. */
  change: string;
  /** A MAC address. */
  device: string;
  author: string;
  operation: Operation | "";
  /** A tag, or `!` and a tag. All must hold. */
  tags: readonly string[];
  /** RFC 3339. */
  from: string;
  until: string;
}

export const ALL: ChangesView = {
  change: "",
  device: "",
  author: "",
  operation: "",
  tags: [],
  from: "",
  until: "",
};

export function readView(query: URLSearchParams): ChangesView {
  return {
    change: /^[0-9a-f]{16}$/.exec(query.get("change") ?? "")?.[0] ?? "",
    device: query.get("device") ?? "",
    author: query.get("author") ?? "",
    operation: OPERATIONS.find((each) => each === query.get("operation")) ?? "",
    tags: query.getAll("tag"),
    from: moment(query.get("from")),
    until: moment(query.get("until")),
  };
}

/** The address of a view. */
export function addressOf(view: ChangesView): string {
  const query = new URLSearchParams(named(view).map(([name, value]) => [name, value]));
  for (const tag of view.tags) query.append("tag", tag);
  const text = query.toString();
  return text ? `${PATH}?${text}` : PATH;
}

/** The view as parameters of `GET /api/changes`. */
export function parametersOf({ operation, tags, ...view }: ChangesView): {
  change?: string;
  device?: string;
  author?: string;
  operation?: Operation;
  tag?: string[];
  from?: string;
  until?: string;
} {
  const texts = Object.fromEntries(Object.entries(view).filter(([, value]) => value !== ""));
  return { ...texts, ...(operation && { operation }), ...(tags.length > 0 && { tag: [...tags] }) };
}

function named({ change, device, author, operation, from, until }: ChangesView): [string, string][] {
  return Object.entries({ change, device, author, operation, from, until }).filter(
    ([, value]) => value !== "",
  );
}

function moment(text: string | null): string {
  return text !== null && Number.isFinite(Date.parse(text)) ? text : "";
}
