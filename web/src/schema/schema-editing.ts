/** What an editor of documents gets from a schema: notes at the places that do not fit, and proposals while one types. */
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { linter } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";

import { parsedIfJson } from "../documents/json-tree.ts";
import { proposalsAt } from "./proposals.ts";
import { misfits } from "./schema-check.ts";
import type { SchemaPart } from "./schema.ts";
import { schemaStrings } from "./schema-strings.ts";

/** isPart: whether the text is a part of a document, as in `misfits`. */
export function schemaEditing(schema: SchemaPart, isPart: boolean): Extension {
  return [
    linter(
      ({ state }) => {
        const document = parsedIfJson(state.doc.toString());
        if (!document) return [];
        return misfits(schema, document, isPart).map(({ kind, from, to, expected }) => ({
          from,
          to,
          severity: "warning",
          message: schemaStrings.misfits[kind](expected),
        }));
      },
      { delay: 300 },
    ),
    autocompletion({
      override: [(context) => completions(schema, context)],
      icons: false,
      activateOnTyping: true,
    }),
  ];
}

function completions(schema: SchemaPart, context: CompletionContext): CompletionResult | null {
  const found = proposalsAt(schema, context.state.doc.toString(), context.pos);
  if (!found || (!context.explicit && found.from === context.pos)) return null;
  const { from, to, proposals } = found;
  return {
    from,
    to,
    options: proposals.map(({ text, detail }) => ({ label: text, detail, apply: text })),
  };
}
