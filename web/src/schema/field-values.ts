/** The values of fields: as a form shows them, and as the document has them. */
import type { Node } from "../documents/json-tree.ts";
import type { Field } from "./form-fields.ts";

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** What a field shows. Numbers stay as they were written. */
export function shownValue({ node }: Pick<Field, "node">): string {
  if (!node || node.kind === "object") return "";
  return node.kind === "array" ? node.items.map(scalar).join("\n") : scalar(node);
}

function scalar(node: Node): string {
  if (node.kind === "object" || node.kind === "array") return "";
  return node.kind === "string" ? (JSON.parse(node.text) as string) : node.text;
}

/** The JSON of what was typed into a field; undefined where it is no value of its kind. */
export function jsonOf(field: Pick<Field, "kind" | "elements">, typed: string): string | undefined {
  if (field.kind === "string") return JSON.stringify(typed);
  if (field.kind === "number") return numberOf(typed);
  if (field.kind !== "list") return typed;
  const lines = typed.split(/\r?\n/).filter((line) => line.trim() !== "");
  const values = lines.map((line) => elementOf(field.elements, line));
  return values.includes(undefined) ? undefined : `[${values.join(", ")}]`;
}

function elementOf(type: Field["elements"], line: string): string | undefined {
  if (type === "string") return JSON.stringify(line);
  if (type === "number") return numberOf(line);
  return /^(true|false)$/.exec(line.trim())?.[0];
}

function numberOf(typed: string): string | undefined {
  const text = typed.trim();
  return NUMBER.test(text) && Number.isFinite(Number(text)) ? text : undefined;
}
