/** Edits of single members of a document. All other members keep their bytes. */
import { memberOf, type ObjectNode, parsed } from "./json-tree.ts";

/** A part of a text that is replaced. */
export interface TextEdit {
  from: number;
  to: number;
  insert: string;
}

/**
 * The edit that gives the member at a path the value with this text. Objects on the way are made where they are missing.
 *
 * @throws {NoToken} The document is no JSON.
 * @returns undefined where something on the way is no object.
 */
export function setMember(document: string, path: readonly string[], value: string): TextEdit | undefined {
  let node = parsed(document);
  for (const [index, name] of path.entries()) {
    if (node.kind !== "object") return undefined;
    const member = memberOf(node, name);
    if (!member) return added(document, node, name, nested(path.slice(index + 1), value));
    node = member.value;
  }
  return { from: node.from, to: node.to, insert: value };
}

/** The edit that removes the member at a path; undefined where there is none. Throws as `setMember` does. */
export function removeMember(document: string, path: readonly string[]): TextEdit | undefined {
  let node = parsed(document);
  for (const name of path.slice(0, -1)) {
    const member = node.kind === "object" ? memberOf(node, name) : undefined;
    if (!member) return undefined;
    node = member.value;
  }
  if (node.kind !== "object") return undefined;
  const { members } = node;
  const index = members.findIndex(({ name }) => name === path.at(-1));
  const member = members[index];
  if (!member) return undefined;
  const before = members[index - 1];
  const after = members[index + 1];
  if (before) return { from: before.value.to, to: member.value.to, insert: "" };
  if (after) return { from: member.key.from, to: after.key.from, insert: "" };
  return { from: node.from + 1, to: node.to - 1, insert: "" };
}

/** The text after an edit. */
export function edited(text: string, { from, to, insert }: TextEdit): string {
  return text.slice(0, from) + insert + text.slice(to);
}

/** A new last member, with the white space of the one before it. */
function added(document: string, { from, to, members }: ObjectNode, name: string, value: string): TextEdit {
  const last = members.at(-1);
  if (!last) return { from: from + 1, to: to - 1, insert: `${JSON.stringify(name)}: ${value}` };
  const gap = /\s*$/.exec(document.slice(0, last.key.from))?.[0] ?? "";
  const colon = document.slice(last.key.to, last.value.from);
  const place = last.value.to;
  return { from: place, to: place, insert: `,${gap}${JSON.stringify(name)}${colon}${value}` };
}

function nested(path: readonly string[], value: string): string {
  return path.reduceRight((inner, name) => `{${JSON.stringify(name)}: ${inner}}`, value);
}
