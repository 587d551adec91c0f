/**
 * JSON Schemas (2020-12) as the page reads them: enough to draw a form, to propose members and values, and to say early what
 * the service would refuse. What is not read here is left to the service, which checks every document.
 */

/** A schema that is an object. `true` is the one without keywords. */
export type Schema = Readonly<Record<string, unknown>>;

/** References that are followed, one after the other; a reference to itself would never end. */
const MAX_REFERENCES = 16;

/** A schema with the whole of which it is a part, so that references can be followed. */
export class SchemaPart {
  readonly schema: Schema;
  private readonly root: Schema;

  private constructor(schema: Schema, root: Schema) {
    this.schema = schema;
    this.root = root;
  }

  /** The schema of a text; undefined where it is none. */
  static parsed(text: string): SchemaPart | undefined {
    try {
      const schema = asSchema(JSON.parse(text));
      return schema && new SchemaPart(resolved(schema, schema), schema);
    } catch {
      return undefined;
    }
  }

  /** The value of a keyword; undefined where the schema does not have it. */
  get(keyword: string): unknown {
    return Object.hasOwn(this.schema, keyword) ? this.schema[keyword] : undefined;
  }

  text(keyword: string): string | undefined {
    const value = this.get(keyword);
    return typeof value === "string" ? value : undefined;
  }

  number(keyword: string): number | undefined {
    const value = this.get(keyword);
    return typeof value === "number" ? value : undefined;
  }

  list(keyword: string): readonly unknown[] | undefined {
    const value = this.get(keyword);
    return Array.isArray(value) ? value : undefined;
  }

  /** The names of the members that it describes, in the order of the schema. */
  get names(): readonly string[] {
    return Object.keys(asSchema(this.get("properties")) ?? {});
  }

  get required(): readonly string[] {
    return (this.list("required") ?? []).filter((name) => typeof name === "string");
  }

  /** The types that it allows; undefined where it allows all. */
  get types(): readonly string[] | undefined {
    const type = this.text("type");
    return type === undefined ? this.list("type")?.filter((each) => typeof each === "string") : [type];
  }

  /** The schema of a member; undefined where it describes none of this name. */
  member(name: string): SchemaPart | undefined {
    const properties = asSchema(this.get("properties")) ?? {};
    if (Object.hasOwn(properties, name)) return this.part(properties[name]);
    return this.get("patternProperties") === undefined
      ? this.part(this.get("additionalProperties"))
      : undefined;
  }

  /** The schema of the element at an index. */
  element(index: number): SchemaPart | undefined {
    const first = this.list("prefixItems") ?? [];
    return this.part(index < first.length ? first[index] : this.get("items"));
  }

  /** The schema of the node at a path; undefined where nothing describes it. */
  at(path: readonly string[], isArray: (path: readonly string[]) => boolean): SchemaPart | undefined {
    return path.reduce<SchemaPart | undefined>(
      (part, step, index) =>
        isArray(path.slice(0, index)) ? part?.element(Number(step)) : part?.member(step),
      this,
    );
  }

  /** The schemas of `allOf`. */
  get all(): readonly SchemaPart[] {
    return (this.list("allOf") ?? []).map((each) => this.part(each)).filter((each) => each !== undefined);
  }

  private part(schema: unknown): SchemaPart | undefined {
    const found = asSchema(schema);
    return found && new SchemaPart(resolved(found, this.root), this.root);
  }
}

function asSchema(value: unknown): Schema | undefined {
  if (value === true) return {};
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
}

/** The schema with what its references within `root` say. */
function resolved(schema: Schema, root: Schema): Schema {
  let whole = schema;
  for (let count = 0; count < MAX_REFERENCES; count += 1) {
    const { $ref: reference, ...beside } = whole;
    if (typeof reference !== "string") break;
    whole = { ...referred(reference, root), ...beside };
  }
  return whole;
}

function referred(reference: string, root: Schema): Schema {
  if (!reference.startsWith("#")) return {};
  let found: unknown = root;
  for (const step of decoded(reference.slice(1)).split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    found =
      typeof found === "object" && found !== null && Object.hasOwn(found, name)
        ? (found as Schema)[name]
        : undefined;
  }
  return asSchema(found) ?? {};
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
