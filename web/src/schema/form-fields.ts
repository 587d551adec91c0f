/** The fields of a form, drawn from a schema and the document. What the schema does not describe is a field, too. */
import { memberOf, type Node, pointerOf } from "../documents/json-tree.ts";
import { choicesOf, isOfType } from "./schema-check.ts";
import type { SchemaPart } from "./schema.ts";

/** `text`: edited in the text of the document, because a form would not do it justice. */
export type FieldKind = "object" | "string" | "number" | "boolean" | "choice" | "list" | "text";

export interface Field {
  path: readonly string[];
  /** A JSON Pointer. */
  pointer: string;
  kind: FieldKind;
  title: string;
  description: string;
  /** The value; undefined where the document does not have it. */
  node: Node | undefined;
  isRequired: boolean;
  /** Whether the schema describes it. */
  isKnown: boolean;
  /** Of a choice: the values as JSON. */
  choices: readonly string[];
  /** Of a list: what its elements are. */
  elements: "string" | "number" | "boolean";
  isInteger: boolean;
  /** The JSON that a new value begins with. */
  empty: string;
  /** Of an object. */
  children: readonly Field[];
}

export interface Fields {
  fields: readonly Field[];
  /** Whether further members are left to the text, because a form with all of them would be too long. */
  hasMore: boolean;
}

/** Objects in objects are drawn up to this depth; deeper ones are edited in the text. */
const MAX_DEPTH = 6;
/** Fields, at most. */
const MAX_FIELDS = 400;
const SCALARS = ["string", "number", "boolean"] as const;

/** The fields of a document's members: those of the schema, then further ones of the document. */
export function fieldsOf(schema: SchemaPart, document: Node): Fields {
  const drawing = new Drawing();
  const fields = drawing.children(schema, document, []);
  return { fields, hasMore: drawing.hasMore };
}

class Drawing {
  hasMore = false;
  private count = 0;

  children(schema: SchemaPart | undefined, node: Node | undefined, path: readonly string[]): Field[] {
    const object = node?.kind === "object" ? node : undefined;
    const described = schema?.names ?? [];
    const known = new Set(described);
    const further = (object?.members ?? []).map(({ name }) => name).filter((name) => !known.has(name));
    const required = new Set(schema?.required);
    const fields: Field[] = [];
    for (const name of [...described, ...further]) {
      if (this.count === MAX_FIELDS) {
        this.hasMore = true;
        break;
      }
      this.count += 1;
      const value = object && memberOf(object, name)?.value;
      const flags = { isRequired: required.has(name), isKnown: known.has(name) };
      fields.push(this.field(schema?.member(name), value, [...path, name], flags));
    }
    return fields;
  }

  private field(
    schema: SchemaPart | undefined,
    node: Node | undefined,
    path: readonly string[],
    flags: Pick<Field, "isRequired" | "isKnown">,
  ): Field {
    const kind = kindOf(schema, node, path.length);
    return {
      path,
      pointer: pointerOf(path),
      kind,
      title: schema?.text("title") ?? path.at(-1) ?? "",
      description: schema?.text("description") ?? "",
      node,
      ...flags,
      choices:
        kind === "choice" && schema ? (choicesOf(schema) ?? []).map((each) => JSON.stringify(each)) : [],
      elements: elementsOf(schema, node) ?? "string",
      isInteger: schema?.types?.includes("integer") === true,
      empty: emptyOf(schema),
      children: kind === "object" ? this.children(schema, node, path) : [],
    };
  }
}

/** What a new value that is edited in the text begins with. */
function emptyOf(schema: SchemaPart | undefined): string {
  const types = schema?.types ?? [];
  if (types.includes("object")) return "{}";
  return types.includes("array") ? "[]" : "null";
}

function kindOf(schema: SchemaPart | undefined, node: Node | undefined, depth: number): FieldKind {
  const kind = schema ? described(schema) : undefined;
  // A value of another kind than the schema describes, such as null, stays visible as it is.
  const found = kind ?? (node ? natural(node) : "text");
  if (node && !fits(found, node, schema)) return "text";
  return found === "object" && depth >= MAX_DEPTH ? "text" : found;
}

/** What a schema describes; undefined where it leaves it open. */
function described(schema: SchemaPart): FieldKind | undefined {
  const choices = choicesOf(schema);
  if (choices) return choices.every((each) => typeof each !== "object") ? "choice" : "text";
  if (["allOf", "anyOf", "oneOf", "if", "not"].some((keyword) => schema.get(keyword) !== undefined))
    return "text";
  const types = schema.types ?? (schema.names.length > 0 ? ["object"] : undefined);
  if (types?.length !== 1) return types ? "text" : undefined;
  const [type] = types;
  if (type === "array") return elementsOf(schema, undefined) ? "list" : "text";
  if (type === "integer") return "number";
  return type === "object" || SCALARS.some((each) => each === type) ? (type as FieldKind) : "text";
}

/** How a value is edited of which no schema says anything. */
function natural(node: Node): FieldKind {
  if (node.kind === "array") return "text";
  return node.kind === "null" ? "text" : node.kind;
}

function fits(kind: FieldKind, node: Node, schema: SchemaPart | undefined): boolean {
  switch (kind) {
    case "object":
    case "boolean":
      return node.kind === kind;
    case "string":
      return node.kind === kind && isLine(node);
    case "number":
      return node.kind === "number";
    case "choice":
      return node.kind !== "object" && node.kind !== "array";
    case "list": {
      const elements = elementsOf(schema, node);
      return node.kind === "array" && node.items.every((item) => isElement(item, elements ?? "string"));
    }
    default:
      return true;
  }
}

/** Each element has a line of its own, which an empty string would not have. */
function isElement(item: Node, type: string): boolean {
  return isOfType(item, type) && isLine(item) && !(item.kind === "string" && item.text === '""');
}

/** Whether it can be shown in one line: a field of a form would drop the line ends of a string. */
function isLine(node: Node): boolean {
  // Control characters are what a field would change.
  // eslint-disable-next-line no-control-regex
  return node.kind !== "string" || !/[\u0000-\u001f\u2028\u2029]/.test(JSON.parse(node.text) as string);
}

/** What the elements of an array are; undefined unless all are scalars of one type. */
function elementsOf(schema: SchemaPart | undefined, node: Node | undefined): Field["elements"] | undefined {
  if (!schema || schema.get("prefixItems") !== undefined || (node && node.kind !== "array")) return undefined;
  const items = schema.element(0);
  if (items?.types?.length !== 1 || choicesOf(items)) return undefined;
  const type = items.types[0] === "integer" ? "number" : items.types[0];
  return SCALARS.find((each) => each === type);
}
