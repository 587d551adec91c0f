/** JSON as a tree of places in its text. Nothing is converted, so that an edit of one place leaves all others as they were written. */
import { NoToken, type Token, tokens } from "./json-text.ts";

interface Place {
  from: number;
  to: number;
}

export interface Member {
  name: string;
  /** The place of the name, with its quotation marks. */
  key: Place;
  value: Node;
}

export type ObjectNode = Place & { kind: "object"; members: readonly Member[] };
export type ArrayNode = Place & { kind: "array"; items: readonly Node[] };
export type ScalarNode = Place & { kind: "string" | "number" | "boolean" | "null"; text: string };
export type Node = ObjectNode | ArrayNode | ScalarNode;

/** As in the rules of documents. */
const MAX_DEPTH = 64;

/** The tree of a text. Throws `NoToken` where it is no JSON, or is nested more deeply than documents are. */
export function parsed(text: string): Node {
  const parser = new Parser(tokens(text), text.length);
  const node = parser.value(1);
  parser.end();
  return node;
}

/** The tree of a text; undefined where it is no JSON. */
export function parsedIfJson(text: string): Node | undefined {
  try {
    return parsed(text);
  } catch (error) {
    if (error instanceof NoToken) return undefined;
    throw error;
  }
}

/** The node at a path of member names and indexes; undefined where there is none. */
export function nodeAt(node: Node, path: readonly string[]): Node | undefined {
  let found: Node | undefined = node;
  for (const step of path) {
    if (found?.kind === "object") found = memberOf(found, step)?.value;
    else if (found?.kind === "array" && /^(0|[1-9]\d*)$/.test(step)) found = found.items[Number(step)];
    else return undefined;
  }
  return found;
}

export function memberOf(node: ObjectNode, name: string): Member | undefined {
  return node.members.find((member) => member.name === name);
}

/** A path as a JSON Pointer (RFC 6901). */
export function pointerOf(path: readonly string[]): string {
  return path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The path of a JSON Pointer. */
export function pathOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

class Parser {
  private readonly source: Iterator<Token>;
  private readonly length: number;

  constructor(source: Iterator<Token>, length: number) {
    this.source = source;
    this.length = length;
  }

  value(depth: number, token = this.next()): Node {
    const { kind, from, to, text } = token;
    if (depth > MAX_DEPTH && (kind === "{" || kind === "[")) throw new NoToken(from);
    if (kind === "{") return this.object(depth, from);
    if (kind === "[") return this.array(depth, from);
    if (kind === "string" || kind === "number") return { kind, from, to, text };
    if (kind === "literal") return { kind: text === "null" ? "null" : "boolean", from, to, text };
    throw new NoToken(from);
  }

  end(): void {
    const rest = this.source.next();
    if (rest.done !== true) throw new NoToken(rest.value.from);
  }

  private object(depth: number, from: number): ObjectNode {
    const members: Member[] = [];
    let token = this.next();
    while (token.kind !== "}") {
      if (token.kind !== "string") throw new NoToken(token.from);
      const key = { from: token.from, to: token.to };
      this.take(":");
      members.push({ name: JSON.parse(token.text) as string, key, value: this.value(depth + 1) });
      const after = this.next();
      if (after.kind === "}") return { kind: "object", from, to: after.to, members };
      if (after.kind !== ",") throw new NoToken(after.from);
      token = this.next();
      if (token.kind === "}") throw new NoToken(token.from);
    }
    return { kind: "object", from, to: token.to, members };
  }

  private array(depth: number, from: number): ArrayNode {
    const items: Node[] = [];
    let token = this.next();
    while (token.kind !== "]") {
      items.push(this.value(depth + 1, token));
      const after = this.next();
      if (after.kind === "]") return { kind: "array", from, to: after.to, items };
      if (after.kind !== ",") throw new NoToken(after.from);
      token = this.next();
      if (token.kind === "]") throw new NoToken(token.from);
    }
    return { kind: "array", from, to: token.to, items };
  }

  private take(kind: Token["kind"]): void {
    const token = this.next();
    if (token.kind !== kind) throw new NoToken(token.from);
  }

  private next(): Token {
    const next = this.source.next();
    if (next.done === true) throw new NoToken(this.length);
    return next.value;
  }
}
