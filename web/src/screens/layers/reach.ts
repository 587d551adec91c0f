/** The reach of a layer: in words, and as a form has it. */
import type { Reach } from "./layers.ts";

export interface ReachWords {
  all: string;
  ofModel: (model: string) => string;
  tagged: (tags: string) => string;
  without: (reach: string, tags: string) => string;
  and: string;
}

/** What a form asks about a reach. */
export interface ReachForm {
  kind: "all" | "model" | "tags";
  model: string;
  /** With spaces between them. */
  tags: string;
  notTags: string;
}

export function reachInWords(reach: Reach, words: ReachWords): string {
  if ("all" in reach) return words.all;
  if ("model" in reach) return words.ofModel(reach.model);
  const reached = words.tagged(reach.tags.join(words.and));
  const without = reach.not_tags ?? [];
  return without.length > 0 ? words.without(reached, without.join(words.and)) : reached;
}

export function formOf(reach: Reach): ReachForm {
  const empty = { model: "", tags: "", notTags: "" };
  if ("all" in reach) return { ...empty, kind: "all" };
  if ("model" in reach) return { ...empty, kind: "model", model: reach.model };
  return { ...empty, kind: "tags", tags: reach.tags.join(" "), notTags: (reach.not_tags ?? []).join(" ") };
}

export function reachOf({ kind, model, tags, notTags }: ReachForm): Reach {
  if (kind === "all") return { all: true };
  if (kind === "model") return { model: model.trim() };
  const without = words(notTags);
  return { tags: words(tags), ...(without.length > 0 && { not_tags: without }) };
}

/** The names of a list with one of them a step higher (1) or lower (-1); the same list where there is no room. */
export function moved(names: readonly string[], name: string, step: 1 | -1): readonly string[] {
  const from = names.indexOf(name);
  const to = from + step;
  if (from < 0 || to < 0 || to >= names.length) return names;
  const others = names.filter((each) => each !== name);
  return [...others.slice(0, to), name, ...others.slice(to)];
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}
