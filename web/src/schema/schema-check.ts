/**
 * What of a document does not fit its schema, while one types. The service checks more: patterns, formats, conditions, budgets.
 * Patterns are left to it, because a browser can need minutes for some of them.
 */
import type { Node } from "../documents/json-tree.ts";
import { type SchemaPart } from "./schema.ts";

/** At most this many are shown, as by the service. */
const MAX_MISFITS = 20;
/** Parts that are checked, at most: a schema that includes itself would never end. */
const MAX_STEPS = 50_000;

export type MisfitKind =
  "type" | "choice" | "required" | "unknown" | "least" | "most" | "short" | "long" | "few" | "many";

/** A place of the text that does not fit. */
export interface Misfit {
  kind: MisfitKind;
  from: number;
  to: number;
  /** What is expected: types, choices, a limit, or the name of the member. */
  expected: string;
}

/**
 * The first misfits, in the order of the text.
 *
 * @param isPart Whether the text is a part of a document, as that of a layer: then nothing is required, and null removes.
 */
export function misfits(schema: SchemaPart, node: Node, isPart: boolean): Misfit[] {
  const found: Misfit[] = [];
  const pending: [SchemaPart, Node][] = [[schema, node]];
  for (let step = 0; step < MAX_STEPS && found.length < MAX_MISFITS; step += 1) {
    const next = pending.pop();
    if (!next) break;
    const [part, each] = next;
    if (isPart && each.kind === "null") continue;
    found.push(...misfitsOf(part, each, isPart));
    pending.push(...inside(part, each).reverse());
  }
  return found.slice(0, MAX_MISFITS);
}

/** The schemas and nodes below a node, and those that hold at it, too. */
function inside(part: SchemaPart, node: Node): [SchemaPart, Node][] {
  const below: [SchemaPart | undefined, Node][] = part.all.map((each) => [each, node]);
  if (node.kind === "object") {
    for (const { name, value } of node.members) below.push([part.member(name), value]);
  } else if (node.kind === "array") {
    for (const [index, item] of node.items.entries()) below.push([part.element(index), item]);
  }
  return below.filter((each): each is [SchemaPart, Node] => each[0] !== undefined);
}

function misfitsOf(part: SchemaPart, node: Node, isPart: boolean): Misfit[] {
  const { types } = part;
  if (types && !types.some((type) => isOfType(node, type))) return [misfit("type", node, types.join(", "))];
  const choices = choicesOf(part);
  if (choices && !choices.some((choice) => isSame(node, choice)))
    return [misfit("choice", node, choices.map((each) => JSON.stringify(each)).join(", "))];
  if (node.kind === "object") return membersOf(part, node, isPart);
  if (node.kind === "array")
    return outOf(part, node, node.items.length, ["few", "minItems"], ["many", "maxItems"]);
  if (node.kind === "number")
    return outOf(part, node, Number(node.text), ["least", "minimum"], ["most", "maximum"]);
  if (node.kind !== "string") return [];
  // As JSON Schema counts: characters, not units of UTF-16.
  const length = Array.from(JSON.parse(node.text) as string).length;
  return outOf(part, node, length, ["short", "minLength"], ["long", "maxLength"]);
}

function membersOf(part: SchemaPart, node: Node & { kind: "object" }, isPart: boolean): Misfit[] {
  const names = new Set(node.members.map(({ name }) => name));
  const missing = isPart ? [] : part.required.filter((name) => !names.has(name));
  const isClosed = part.get("additionalProperties") === false && part.get("patternProperties") === undefined;
  const known = new Set(part.names);
  return [
    ...missing.map((name): Misfit => ({
      kind: "required",
      from: node.from,
      to: node.from + 1,
      expected: name,
    })),
    ...(isClosed ? node.members.filter(({ name }) => !known.has(name)) : []).map(({ name, key }): Misfit => ({
      kind: "unknown",
      from: key.from,
      to: key.to,
      expected: name,
    })),
  ];
}

type Limit = readonly [MisfitKind, string];

function outOf(part: SchemaPart, node: Node, value: number, [low, min]: Limit, [high, max]: Limit): Misfit[] {
  const least = part.number(min);
  const most = part.number(max);
  if (least !== undefined && value < least) return [misfit(low, node, String(least))];
  if (most !== undefined && value > most) return [misfit(high, node, String(most))];
  return [];
}

function misfit(kind: MisfitKind, { from, to }: Node, expected: string): Misfit {
  return { kind, from, to, expected };
}

/** The values that it allows; undefined where they cannot be listed. */
export function choicesOf(part: SchemaPart): readonly unknown[] | undefined {
  const only = part.get("const");
  return only === undefined ? part.list("enum") : [only];
}

export function isOfType(node: Node, type: string): boolean {
  // 1.0 and 1e3 are integers, too.
  if (type === "integer") return node.kind === "number" && Number.isInteger(Number(node.text));
  return node.kind === type;
}

/** Whether a node has this value, as JSON Schema compares: 1 and 1.0 are the same. */
export function isSame(node: Node, value: unknown): boolean {
  if (node.kind === "array")
    return (
      Array.isArray(value) &&
      value.length === node.items.length &&
      node.items.every((item, index) => isSame(item, value[index]))
    );
  if (node.kind === "object")
    return (
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length === node.members.length &&
      node.members.every(
        ({ name, value: member }) =>
          Object.hasOwn(value, name) && isSame(member, (value as Record<string, unknown>)[name]),
      )
    );
  return JSON.parse(node.text) === value;
}
