/** What can be written at a place of a document that is being typed: names of members, and values, from its schema. */
import { NoToken, type Token, tokens } from "../documents/json-text.ts";
import { choicesOf } from "./schema-check.ts";
import type { SchemaPart } from "./schema.ts";

export interface Proposal {
  /** What is written, such as `"gain"` or `true`. */
  text: string;
  /** What the schema says of it. */
  detail: string;
}

export interface Proposals {
  /** Where the word begins and ends that a proposal replaces. */
  from: number;
  to: number;
  proposals: readonly Proposal[];
}

interface Container {
  isArray: boolean;
  /** The step to it, from the container around it. */
  step: string;
  names: Set<string>;
  /** The member or the index that is being written. */
  current: string;
  expects: "name" | "colon" | "value" | "comma";
}

/** What fits at a place; undefined where nothing is expected there, or nothing is known. */
export function proposalsAt(schema: SchemaPart, text: string, place: number): Proposals | undefined {
  const word = wordBefore(text, place);
  const open = containersAt(text, word);
  const container = open?.at(-1);
  if (!open || !container) return undefined;
  const path = open.slice(1).map(({ step }) => step);
  const part = schema.at(path, (above) => open[above.length]?.isArray === true);
  if (!part) return undefined;
  const written = { from: word, to: endOfWord(text, place, word) };
  if (container.expects === "value") {
    const index = container.isArray ? Number(container.current) : 0;
    const value = container.isArray ? part.element(index) : part.member(container.current);
    return value && proposed(written, valuesOf(value));
  }
  if (container.expects !== "name") return undefined;
  const following = namesAfter(text, written.to);
  const isFollowed = /^\s*:/.test(text.slice(written.to));
  return proposed(
    written,
    part.names
      .filter((name) => !container.names.has(name) && !following.has(name))
      .map((name) => ({
        text: JSON.stringify(name) + (isFollowed ? "" : ": "),
        detail: part.member(name)?.text("title") ?? part.member(name)?.types?.join(", ") ?? "",
      })),
  );
}

function proposed(
  written: { from: number; to: number },
  proposals: readonly Proposal[],
): Proposals | undefined {
  return proposals.length > 0 ? { ...written, proposals } : undefined;
}

function valuesOf(part: SchemaPart): readonly Proposal[] {
  const choices = choicesOf(part) ?? (part.types?.includes("boolean") ? [true, false] : []);
  const given = part.get("default");
  const values = [...(given === undefined ? [] : [given]), ...choices, ...(part.list("examples") ?? [])];
  const texts = new Set(values.map((value) => JSON.stringify(value)));
  return [...texts].map((text) => ({ text, detail: part.text("title") ?? "" }));
}

/** Where the string, number or word begins that ends at a place; the place itself where there is none. */
function wordBefore(text: string, place: number): number {
  let isString = false;
  let begin = 0;
  for (let at = 0; at < place; at += 1) {
    if (isString && text[at] === "\\") at += 1;
    else if (text[at] === '"') {
      if (!isString) begin = at;
      isString = !isString;
    }
  }
  if (isString) return begin;
  return place - (/[\w.+-]*$/.exec(text.slice(Math.max(0, place - 64), place))?.[0].length ?? 0);
}

function endOfWord(text: string, place: number, begin: number): number {
  const rest = text.slice(place);
  if (text[begin] === '"') {
    // A string that is not closed yet ends with what was typed.
    const closed = /^(?:[^"\\\n,:{}[\]]|\\.)*"/.exec(rest);
    return closed ? place + closed[0].length : place;
  }
  return place + (/^[\w.+-]*/.exec(rest)?.[0].length ?? 0);
}

/** The containers that are open at a place, the outermost first; undefined where what stands before it is no JSON. */
function containersAt(text: string, place: number): Container[] | undefined {
  const open: Container[] = [];
  try {
    for (const token of tokens(text.slice(0, place))) take(open, token);
  } catch (error) {
    if (error instanceof NoToken) return undefined;
    throw error;
  }
  return open;
}

function take(open: Container[], token: Token): void {
  const container = open.at(-1);
  if (token.kind === "{" || token.kind === "[") {
    const isArray = token.kind === "[";
    open.push({
      isArray,
      step: container?.current ?? "",
      names: new Set(),
      current: "0",
      expects: isArray ? "value" : "name",
    });
  } else if (token.kind === "}" || token.kind === "]") {
    open.pop();
    const outer = open.at(-1);
    if (outer) outer.expects = "comma";
  } else if (container) takeInside(container, token);
}

function takeInside(container: Container, { kind, text }: Token): void {
  if (kind === ",") {
    container.expects = container.isArray ? "value" : "name";
    if (container.isArray) container.current = String(Number(container.current) + 1);
  } else if (kind === ":") container.expects = "value";
  else if (container.expects === "name" && kind === "string") {
    container.current = JSON.parse(text) as string;
    container.names.add(container.current);
    container.expects = "colon";
  } else container.expects = "comma";
}

/** The names of the members of the same object that stand after a place. */
function namesAfter(text: string, place: number): ReadonlySet<string> {
  const names = new Set<string>();
  let depth = 0;
  let last: Token | undefined;
  try {
    for (const token of tokens(text.slice(place))) {
      if (token.kind === "{" || token.kind === "[") depth += 1;
      if (token.kind === "}" || token.kind === "]") depth -= 1;
      if (depth < 0) break;
      if (depth === 0 && token.kind === ":" && last?.kind === "string")
        names.add(JSON.parse(last.text) as string);
      last = token;
    }
  } catch (error) {
    if (!(error instanceof NoToken)) throw error;
  }
  return names;
}
