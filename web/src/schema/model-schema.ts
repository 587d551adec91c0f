/** The schema of a model, with what a form and an editor need for it: loaded for documents that have a model. */
import type { Extension } from "@codemirror/state";

import { SchemaPart } from "./schema.ts";

export interface ModelSchema {
  /** What its form is called. */
  title: string;
  schema: SchemaPart;
  /** What an editor gets; isPart as in `misfits`. */
  editing: (isPart: boolean) => Extension;
}

/** What a form and an editor need for the schema with this text; undefined where it describes nothing. */
export async function modelSchema(name: string, text: string): Promise<ModelSchema | undefined> {
  const schema = SchemaPart.parsed(text);
  if (!schema || Object.keys(schema.schema).length === 0) return undefined;
  const [{ schemaEditing }, { schemaStrings }] = await Promise.all([
    import("./schema-editing.ts"),
    import("./schema-strings.ts"),
    import("./schema-form.ts"),
  ]);
  return { title: schemaStrings.form(name), schema, editing: (isPart) => schemaEditing(schema, isPart) };
}
