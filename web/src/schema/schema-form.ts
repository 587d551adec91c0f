import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import { parsedIfJson } from "../documents/json-tree.ts";
import { removeMember, setMember, type TextEdit } from "../documents/member-edits.ts";
import { controls } from "../parts/shared-styles.ts";
import { jsonOf, shownValue } from "./field-values.ts";
import { type Field, fieldsOf } from "./form-fields.ts";
import { type Misfit, misfits } from "./schema-check.ts";
import type { SchemaPart } from "./schema.ts";
import { schemaStrings as said } from "./schema-strings.ts";

/** Characters of a value that are shown where it is edited in the text. */
const EXCERPT = 160;

/**
 * A form for a document that a schema describes. Each change is an edit of one member, so that all other bytes stay. What a
 * form would not do justice is shown, and edited in the text.
 *
 * Events: `edit` with a `TextEdit`; `go` with a place of the text.
 */
@customElement("schema-form")
export class SchemaForm extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 10px;
      }
      fieldset {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 10px;
        min-width: 0;
        margin: 0;
        padding: 8px 12px 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      legend {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 10px;
        align-items: center;
      }
      .field {
        display: grid;
        grid-template-columns: minmax(120px, 1fr) minmax(0, 2fr) auto;
        gap: 2px 12px;
        align-items: center;
      }
      .field > .about {
        grid-column: 2 / -1;
      }
      label,
      .name {
        overflow-wrap: anywhere;
      }
      input,
      select,
      textarea {
        width: 100%;
      }
      p {
        margin: 0;
        font-size: 0.87em;
      }
      .misfit {
        color: var(--bad);
      }
      pre {
        margin: 0;
        overflow: hidden;
        font: 0.87em/1.5 var(--mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      @media (max-width: 600px) {
        .field {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .field > :first-child,
        .field > .about {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) schema: SchemaPart | undefined;
  @property({ attribute: false }) text = "";
  /** Whether the text is a part of a document: then nothing is required. */
  @property({ attribute: false }) isPart = false;
  /** The pointer of the field whose input is no number. */
  @state() private wrong = "";
  private misfits: readonly Misfit[] = [];
  private ids = 0;

  protected override render(): unknown {
    const document = parsedIfJson(this.text);
    if (!this.schema) return nothing;
    if (document?.kind !== "object") return html`<p role="status">${said.noForm}</p>`;
    this.misfits = misfits(this.schema, document, this.isPart);
    this.ids = 0;
    const { fields, hasMore } = fieldsOf(this.schema, document);
    return html`${fields.map((field) => this.field(field))} ${hasMore ? html`<p>${said.more}</p>` : nothing}`;
  }

  private field(field: Field): unknown {
    if (field.kind === "object") return this.group(field);
    const id = `field-${(this.ids += 1)}`;
    return html`<div class="field">
      ${
        field.kind === "text"
          ? html`<span class="name">${field.title}</span>`
          : html`<label for=${id}>${field.title}</label>`
      }
      ${this.control(field, id)} ${this.removal(field)} ${this.about(field, id)}
    </div>`;
  }

  private group(field: Field): unknown {
    return html`<fieldset>
      <legend>${field.title} ${this.removal(field)}</legend>
      ${this.about(field, `field-${(this.ids += 1)}`)} ${field.children.map((child) => this.field(child))}
    </fieldset>`;
  }

  private control(field: Field, id: string): unknown {
    const described = `${id}-about`;
    const value = shownValue(field);
    const onChange = (event: Event): void => {
      this.take(field, (event.target as HTMLInputElement).value);
    };
    switch (field.kind) {
      case "boolean":
      case "choice":
        return html`<select id=${id} aria-describedby=${described} @change=${onChange}>
          ${this.options(field)}
        </select>`;
      case "list":
        return html`<textarea
          id=${id}
          rows=${Math.min(8, Math.max(2, value.split("\n").length))}
          placeholder=${field.node ? said.onePerLine : said.unset}
          aria-describedby=${described}
          .value=${live(value)}
          @change=${onChange}
        ></textarea>`;
      case "text":
        return this.inText(field);
      default:
        return html`<input
          id=${id}
          inputmode=${field.kind === "number" ? (field.isInteger ? "numeric" : "decimal") : "text"}
          placeholder=${field.node ? nothing : said.unset}
          autocomplete="off"
          spellcheck="false"
          aria-describedby=${described}
          .value=${live(value)}
          @change=${onChange}
        />`;
    }
  }

  private options({ kind, node, choices }: Field): unknown {
    const present = node && this.text.slice(node.from, node.to);
    const offered = kind === "boolean" ? ["true", "false"] : choices;
    const all = present === undefined || offered.includes(present) ? offered : [present, ...offered];
    return html`<option value="" ?disabled=${node !== undefined} .selected=${live(node === undefined)}>
        ${said.unset}
      </option>
      ${all.map((each) => html`<option value=${each} .selected=${live(each === present)}>${each}</option>`)}`;
  }

  private inText(field: Field): unknown {
    const { node, title, path, empty } = field;
    if (!node)
      return html`<button
        aria-label=${said.addOf(title)}
        @click=${() => {
          const edit = setMember(this.text, path, empty);
          if (edit) this.send(edit, edit.from + edit.insert.length);
        }}
      >
        ${said.add}
      </button>`;
    const text = this.text.slice(node.from, node.to);
    return html`<div>
      <pre>${text.length > EXCERPT ? `${text.slice(0, EXCERPT)} …` : text}</pre>
      <button
        aria-label=${said.inTextOf(title)}
        @click=${() => this.dispatchEvent(new CustomEvent("go", { detail: node.from }))}
      >
        ${said.inText}
      </button>
    </div>`;
  }

  private removal({ node, title, path }: Field): unknown {
    if (!node) return html`<span></span>`;
    return html`<button
      class="plain"
      aria-label=${said.remove(title)}
      @click=${() => {
        const edit = removeMember(this.text, path);
        if (edit) this.send(edit);
      }}
    >
      ${said.removeShort}
    </button>`;
  }

  private about(field: Field, id: string): unknown {
    const { node, description, isRequired, isKnown, pointer } = field;
    const notes = [
      description,
      isRequired && !this.isPart ? said.required : "",
      isKnown ? "" : said.unknown,
    ].filter((note) => note !== "");
    const wrong = this.misfits
      .filter(({ kind, from }) => {
        const place = kind === "required" || kind === "unknown" ? undefined : node?.from;
        return from === place;
      })
      .map(({ kind, expected }) => said.misfits[kind](expected));
    if (this.wrong === pointer) wrong.push(said.noNumber);
    return html`<div class="about" id=${`${id}-about`}>
      ${notes.length > 0 ? html`<p class="faint">${notes.join(" · ")}</p>` : nothing}
      ${wrong.map((sentence) => html`<p class="misfit" role="alert">${sentence}</p>`)}
    </div>`;
  }

  private take(field: Field, typed: string): void {
    const json = jsonOf(field, typed);
    this.wrong = json === undefined ? field.pointer : "";
    if (json === undefined) return;
    const edit = setMember(this.text, field.path, json);
    if (edit) this.send(edit);
  }

  /** go: where to go on in the text. */
  private send(edit: TextEdit, go?: number): void {
    this.dispatchEvent(new CustomEvent("edit", { detail: edit }));
    if (go !== undefined) this.dispatchEvent(new CustomEvent("go", { detail: go }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "schema-form": SchemaForm;
  }
}
