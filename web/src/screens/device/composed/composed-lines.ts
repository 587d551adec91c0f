/** The lines of a composed document, each with the source of its value. */
import type { Schemas } from "../../../api/client.ts";
import { formatted } from "../../../documents/json-text.ts";
import { type Node, parsed, pointerOf } from "../../../documents/json-tree.ts";

type Member = Pick<Schemas["ExplainedMember"], "pointer" | "layer" | "revision" | "shadows">;

export interface ComposedLine {
  text: string;
  /** What the value of this line comes from; undefined for lines that hold brackets of several sources. */
  member: Member | undefined;
}

/** The document with one member a line. Throws `NoToken` where it is no JSON. */
export function linesOf(document: string, members: readonly Member[]): readonly ComposedLine[] {
  const text = formatted(document).trimEnd();
  const explained = new Map(members.map((member) => [member.pointer, member]));
  const starts = new Map<number, Member | undefined>();
  visit(parsed(text), [], explained, starts, undefined);
  let place = 0;
  return text.split("\n").map((line) => {
    // A closing bracket begins no value, and has no source.
    const member = starts.get(place + line.length - line.trimStart().length);
    place += line.length + 1;
    return { text: line, member };
  });
}

/** Note where each member and element begins, with what it, or what it is a part of, comes from. */
function visit(
  node: Node,
  path: readonly string[],
  explained: ReadonlyMap<string, Member>,
  starts: Map<number, Member | undefined>,
  outer: Member | undefined,
): void {
  const of = (step: string): Member | undefined => explained.get(pointerOf([...path, step])) ?? outer;
  if (node.kind === "object") {
    for (const { name, key, value } of node.members) {
      starts.set(key.from, of(name));
      visit(value, [...path, name], explained, starts, of(name));
    }
  } else if (node.kind === "array") {
    for (const [index, item] of node.items.entries()) {
      starts.set(item.from, of(String(index)));
      visit(item, [...path, String(index)], explained, starts, of(String(index)));
    }
  }
}
