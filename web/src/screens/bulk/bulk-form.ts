import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { violations } from "../../documents/content-rules.ts";
import type { DocumentEditor } from "../../documents/document-editor.ts";
import { controls } from "../../parts/shared-styles.ts";
import { report } from "../../shell/errors.ts";
import { strings } from "../../strings/strings.ts";
import { type BulkJob, type Kind, KINDS } from "./bulk-job.ts";
import { words } from "./bulk-writes.ts";

const SLOWEST = 0.1;
const FASTEST = 1_000;

/** What is to be done with the devices. Events: `edit` with a part of the job, `preview` when it is to be shown first. */
@customElement("bulk-form")
export class BulkForm extends LitElement {
  static override styles = [
    controls,
    css`
      form,
      label,
      .fields {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--gap);
      }
      form {
        gap: 16px;
      }
      fieldset {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
        font-weight: 600;
      }
      .choice {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        min-height: 34px;
      }
      .choice input {
        min-height: 0;
      }
      .fields {
        max-width: 760px;
      }
      p {
        margin: 0;
      }
      [type="number"] {
        width: 120px;
      }
      @media (max-width: 600px) {
        .choice {
          min-height: 44px;
        }
      }
    `,
  ];

  @property({ attribute: false }) job!: BulkJob;
  @property({ attribute: false }) isBusy = false;
  @state() private isReady = false;
  @state() private notice = "";
  @query("document-editor") private readonly editor!: DocumentEditor | null;

  protected override willUpdate(): void {
    // The editor is not a part of the first load of the page.
    if (this.job.kind === "patch" && !this.isReady) {
      import("../../documents/document-editor.ts").then(() => {
        this.isReady = true;
      }, report);
    }
  }

  protected override render(): unknown {
    const { bulk } = strings;
    return html`<form @submit=${this.onSubmit}>
      <fieldset>
        <legend>${bulk.what}</legend>
        ${KINDS.map(
          (kind) =>
            html`<label class="choice">
              <input
                type="radio"
                name="kind"
                .checked=${this.job.kind === kind}
                @change=${() => {
                  this.edit({ kind });
                }}
              />
              ${bulk.kinds[kind]}
            </label>`,
        )}
      </fieldset>
      <div class="fields">${this.fields(this.job.kind)}</div>
      ${this.notice === "" ? nothing : html`<p role="alert">${this.notice}</p>`}
      <div>
        <button class="primary" ?disabled=${this.isBusy}>
          ${this.job.kind === "export" ? bulk.download : bulk.preview}
        </button>
      </div>
    </form>`;
  }

  private fields(kind: Kind): unknown {
    const { bulk } = strings;
    const { job } = this;
    switch (kind) {
      case "tags":
        return html`
          <label>${bulk.add} ${this.tags("add")}</label>
          <label>${bulk.remove} ${this.tags("remove")}</label>
        `;
      case "patch":
        return html`<p>${bulk.patchMeaning}</p>
          ${
            this.isReady
              ? html`<document-editor
                  .initial=${job.patch}
                  .label=${bulk.patch}
                  @input=${() => {
                    this.edit({ patch: this.editor?.text ?? job.patch });
                  }}
                ></document-editor>`
              : strings.loading
          }`;
      case "announce":
        return html`<p>${bulk.announceMeaning}</p>
          <label class="choice">
            <input
              type="checkbox"
              .checked=${job.hints}
              @change=${(event: Event) => {
                this.edit({ hints: (event.target as HTMLInputElement).checked });
              }}
            />
            ${bulk.hints}
          </label>
          ${
            job.hints
              ? html`<label
                  >${bulk.rate}
                  <input
                    type="number"
                    min=${SLOWEST}
                    max=${FASTEST}
                    step="0.1"
                    required
                    .value=${String(job.rate)}
                    @change=${(event: Event) => {
                      this.edit({ rate: (event.target as HTMLInputElement).valueAsNumber });
                    }}
                  />
                </label>`
              : nothing
          }`;
      case "export":
        return html`<p>${bulk.exportMeaning}</p>`;
    }
  }

  private tags(name: "add" | "remove"): unknown {
    return html`<input
      name=${name}
      autocomplete="off"
      autocapitalize="none"
      .value=${this.job[name]}
      @input=${(event: Event) => {
        this.edit({ [name]: (event.target as HTMLInputElement).value });
      }}
    />`;
  }

  private edit(detail: Partial<BulkJob>): void {
    this.notice = "";
    this.dispatchEvent(new CustomEvent<Partial<BulkJob>>("edit", { detail }));
  }

  private onSubmit(event: Event): void {
    event.preventDefault();
    this.notice = this.lacking();
    if (this.notice === "") this.dispatchEvent(new Event("preview"));
  }

  /** What is missing, as a sentence; empty where nothing is. */
  private lacking(): string {
    const { kind, add, remove, patch } = this.job;
    if (kind === "tags" && words(add).length + words(remove).length === 0) return strings.bulk.noTags;
    if (kind === "patch" && violations(patch).length > 0) return strings.document.invalid;
    return "";
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "bulk-form": BulkForm;
  }
}
