import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { violations } from "../../documents/content-rules.ts";
import { dropDraft, keepDraft, readDraft } from "../../documents/drafts.ts";
import "../../documents/text-difference.ts";
import { controls } from "../../parts/shared-styles.ts";
import { Problem } from "../../api/problem.ts";
import "../../schema/structured-editor.ts";
import type { StructuredEditor } from "../../schema/structured-editor.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";
import "./layer-edit-dialog.ts";
import type { LayerEditDialog } from "./layer-edit-dialog.ts";
import { type Definition, type Layer, putting, readLayer } from "./layers.ts";
import { layerStrings as said } from "./layer-strings.ts";
import { formOf, type ReachForm, reachInWords, reachOf } from "./reach.ts";

const NAME = "[a-z0-9][a-z0-9\\-]{0,62}";
const MAX_RANK = 1_000_000;
const KINDS = ["all", "model", "tags"] as const;

/**
 * The form of a layer, or of a new one: what it reaches, its rank, its switch, and its document. Saving shows the difference
 * from what is stored then, and what it would do.
 *
 * Events: `saved` with the name, `cancel`.
 */
@customElement("layer-form")
export class LayerForm extends LitElement {
  static override styles = [
    controls,
    css`
      form,
      fieldset,
      label {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
      }
      form {
        gap: 14px;
      }
      fieldset {
        min-width: 0;
        margin: 0;
        padding: 8px 12px 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      .choice {
        display: flex;
        align-items: center;
      }
      [type="radio"],
      [type="checkbox"] {
        width: 18px;
        min-height: 18px;
        margin: 0;
      }
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(220px, 100%), 1fr));
        gap: 12px;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: var(--gap);
      }
      p {
        margin: 0;
      }
      .notice {
        padding: 8px 12px;
        border-radius: var(--radius);
        background: var(--warn-ground);
      }
      @media (max-width: 600px) {
        .choice {
          min-height: 44px;
        }
      }
    `,
  ];

  /** Undefined for a new one. */
  @property({ attribute: false }) layer: Layer | undefined;
  @state() private name = "";
  @state() private reach: ReachForm = formOf({ all: true });
  @state() private rank = "";
  @state() private enabled = true;
  @state() private notice = "";
  @state() private isBusy = false;
  @state() private hasDraft = false;
  /** What is stored while the dialog is open. */
  @state() private stored: Layer | undefined;
  @state() private typed = "";
  @query("structured-editor") private readonly editor!: StructuredEditor;
  @query("layer-edit-dialog") private readonly dialog!: LayerEditDialog;
  private initial = "{}\n";
  /** The revision that the text was begun with: the layer follows the changes of others. */
  private begun = 0;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.hasUpdated || !changed.has("layer")) return;
    const { layer } = this;
    const draft = readDraft(this.draftKey);
    this.hasDraft = draft !== undefined;
    this.initial = draft?.text ?? layer?.text ?? "{}\n";
    if (!layer) return;
    this.begun = draft?.revision ?? layer.revision;
    this.name = layer.name;
    this.reach = formOf(layer.reaches);
    this.rank = layer.rank === null ? "" : String(layer.rank);
    this.enabled = layer.enabled;
  }

  /** No name has a colon: drafts of layers and of devices do not mix. */
  private get draftKey(): string {
    return `layer:${this.layer?.name ?? ""}:`;
  }

  private get definition(): Definition {
    const { reach, rank, enabled } = this;
    return {
      reaches: reachOf(reach),
      rank: reach.kind === "tags" ? Number(rank) : null,
      enabled,
      text: this.editor.text,
    };
  }

  protected override render(): unknown {
    return html`<form @submit=${this.review}>
        ${
          this.layer
            ? nothing
            : html`<label>
                ${said.name}
                <input
                  name="name"
                  required
                  pattern=${NAME}
                  title=${said.nameRule}
                  autocomplete="off"
                  autocapitalize="none"
                  spellcheck="false"
                  .value=${this.name}
                  @input=${(event: Event) => {
                    this.name = (event.target as HTMLInputElement).value;
                  }}
                />
                <span class="faint">${said.nameRule}</span>
              </label>`
        }
        <fieldset>
          <legend>${said.reach}</legend>
          ${KINDS.map((kind) => this.kind(kind))}
          <div class="fields">${this.reachFields()}</div>
        </fieldset>
        <label class="choice">
          <input
            type="checkbox"
            .checked=${this.enabled}
            @change=${(event: Event) => {
              this.enabled = (event.target as HTMLInputElement).checked;
            }}
          />
          ${said.enabled}
        </label>
        ${
          this.hasDraft
            ? html`<p class="notice" role="status">
                ${said.draft}
                <button type="button" @click=${this.forget}>${said.discard}</button>
              </p>`
            : nothing
        }
        <p class="faint">${said.contentMeaning}</p>
        <structured-editor
          .initial=${this.initial}
          .label=${said.content}
          .isPart=${true}
          @input=${this.keep}
          @save=${this.review}
        ></structured-editor>
        ${this.notice === "" ? nothing : html`<p class="notice" role="alert">${this.notice}</p>`}
        <div class="buttons">
          <button type="button" @click=${this.cancel}>${strings.cancel}</button>
          <button class="primary" ?disabled=${this.isBusy}>${said.save}</button>
        </div>
      </form>
      <layer-edit-dialog
        .heading=${this.layer ? said.review(this.name) : said.create(this.name)}
        .action=${said.confirm}
        @done=${this.done}
      >
        ${this.difference()}
      </layer-edit-dialog>`;
  }

  private kind(kind: ReachForm["kind"]): unknown {
    const words = { all: said.reachAll, model: said.reachModel, tags: said.reachTags };
    return html`<label class="choice">
      <input
        type="radio"
        name="kind"
        .checked=${this.reach.kind === kind}
        @change=${() => {
          this.reach = { ...this.reach, kind };
        }}
      />
      ${words[kind]}
    </label>`;
  }

  private reachFields(): unknown {
    const { kind } = this.reach;
    if (kind === "all") return nothing;
    if (kind === "model") return this.field(said.model, "model", true);
    return html`${this.field(said.tags, "tags", true)} ${this.field(said.notTags, "notTags", false)}
      <label>
        ${said.rank}
        <input
          name="rank"
          type="number"
          required
          min="1"
          max=${MAX_RANK}
          step="1"
          title=${said.rankRule}
          .value=${this.rank}
          @input=${(event: Event) => {
            this.rank = (event.target as HTMLInputElement).value;
          }}
        />
      </label>`;
  }

  private field(label: string, name: "model" | "tags" | "notTags", isRequired: boolean): unknown {
    return html`<label>
      ${label}
      <input
        name=${name}
        ?required=${isRequired}
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        .value=${this.reach[name]}
        @input=${(event: Event) => {
          this.reach = { ...this.reach, [name]: (event.target as HTMLInputElement).value };
        }}
      />
    </label>`;
  }

  /** What the dialog shows above the effects. */
  private difference(): unknown {
    const { stored } = this;
    if (this.typed === "") return nothing;
    return html`
      ${stored && stored.revision !== this.begun ? html`<p class="notice">${said.behind(counted(stored.revision))}</p>` : nothing}
      ${stored && this.settings(stored)}
      <text-difference .earlier=${stored?.text ?? ""} .later=${this.typed}></text-difference>
    `;
  }

  private settings(stored: Layer): unknown {
    const before = inWords(stored);
    const after = inWords(this.definition);
    return before === after ? nothing : html`<p>${said.settings}: ${before} → ${after}</p>`;
  }

  private async review(event: Event): Promise<void> {
    event.preventDefault();
    const form = this.renderRoot.querySelector("form");
    if (this.isBusy || form?.reportValidity() !== true) return;
    this.notice = violations(this.editor.text).length > 0 ? strings.document.invalid : "";
    if (this.notice !== "") return;
    this.isBusy = true;
    try {
      this.stored = this.layer && (await readLayer(this.layer.name));
      this.typed = this.editor.text;
      await this.dialog.show(putting(this.name, this.definition, this.stored?.revision));
    } catch (error) {
      report(error);
      if (error instanceof Problem) this.goTo(error.details);
    } finally {
      this.isBusy = false;
    }
  }

  private goTo({ line, column }: Readonly<Record<string, unknown>>): void {
    if (typeof line === "number" && typeof column === "number") this.editor.goTo(line, column);
  }

  private keep(): void {
    keepDraft(this.draftKey, {
      text: this.editor.text,
      revision: this.begun,
      base: this.layer?.text ?? "",
      at: Date.now(),
    });
  }

  private forget(): void {
    dropDraft(this.draftKey);
    this.hasDraft = false;
    this.editor.replace(this.layer?.text ?? "{}\n");
    dropDraft(this.draftKey);
  }

  private cancel(): void {
    dropDraft(this.draftKey);
    this.dispatchEvent(new Event("cancel"));
  }

  private done(): void {
    dropDraft(this.draftKey);
    this.dispatchEvent(new CustomEvent("saved", { detail: this.name }));
  }
}

function inWords({ reaches, rank, enabled }: Definition): string {
  const parts = [reachInWords(reaches, said)];
  if (rank !== null) parts.push(said.ranked(rank));
  if (!enabled) parts.push(said.off);
  return parts.join(", ");
}

declare global {
  interface HTMLElementTagNameMap {
    "layer-form": LayerForm;
  }
}
