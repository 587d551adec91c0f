import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Schemas } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { ago } from "../parts/times.ts";
import "../parts/unified-diff.ts";
import { session } from "../session/session.ts";
import { report } from "../shell/errors.ts";
import { counted, strings } from "../strings/strings.ts";
import { violations } from "./content-rules.ts";
import type { DocumentEditor } from "./document-editor.ts";
import { dropDraft, keepDraft, readDraft, type Draft } from "./drafts.ts";
import { formatted, NoToken } from "./json-text.ts";
import "./save-dialog.ts";
import type { SaveDialog } from "./save-dialog.ts";
import { difference, previewed, readConfig, saved, type StoredConfig } from "./stored-config.ts";

/** What another one stored while this text was edited. */
interface Conflict {
  stored: StoredConfig;
  theirs: Schemas["Comparison"];
  /** What this text changes, compared with the revision that it was made from. */
  base: string;
}

/**
 * The document of a device: shown, edited and saved; always *difference, message, confirmation*.
 *
 * What is typed is kept as a draft until it is saved or discarded. Event `saved` after a change.
 */
@customElement("device-document")
export class DeviceDocument extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 10px;
        min-width: 0;
      }
      .head,
      .notice {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap) 12px;
      }
      h2 {
        margin-right: auto;
      }
      .notice {
        padding: 8px 12px;
        border-radius: var(--radius);
        background: var(--warn-ground);
      }
      .notice p {
        flex: 1;
        margin: 0;
        min-width: 220px;
      }
      .bad {
        background: var(--bad-ground);
      }
      pre {
        max-height: 70vh;
        margin: 0;
        padding: 10px;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        font: 0.87em/1.5 var(--mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      details > :not(summary) {
        margin-top: 8px;
      }
    `,
  ];

  @property({ attribute: false }) mac = "";
  /** Whether to begin with editing. */
  @property({ attribute: false }) edits = false;
  /** A number that changes when the stored document may be another one. */
  @property({ attribute: false }) newest = 0;
  @state() private stored: StoredConfig | undefined;
  @state() private draft: Draft | undefined;
  @state() private isEditing = false;
  @state() private isReady = false;
  @state() private isKept = true;
  @state() private isBusy = false;
  @state() private notice = "";
  @state() private preview: Schemas["Preview"] | undefined;
  @state() private conflict: Conflict | undefined;
  @query("document-editor") private readonly editor!: DocumentEditor | null;
  @query("save-dialog") private readonly dialog!: SaveDialog;

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("mac")) {
      this.stored = this.conflict = undefined;
      this.isEditing = false;
      this.draft = readDraft(this.mac);
    }
    // While one edits, the text stays what it was made from: a change of another one shows at saving.
    if ((changed.has("mac") || changed.has("newest")) && !this.isEditing) void this.load();
  }

  /** It begins with editing as soon as both the document and the rights of the caller are known. */
  protected override updated(): void {
    if (this.edits && this.stored && !this.isEditing && session.mayChange) void this.begin();
  }

  protected override render(): unknown {
    if (!this.stored) return nothing;
    return html`
      <div class="head">
        <h2>${strings.document.title}</h2>
        <span class="faint"
          >${strings.document.revision(counted(this.isEditing && this.draft ? this.draft.revision : this.stored.revision))}</span
        >
        ${
          this.isEditing
            ? html`<button @click=${this.format}>${strings.document.format}</button>
                <button @click=${this.discard}>
                  ${this.draft ? strings.document.discard : strings.cancel}
                </button>
                <button class="primary" ?disabled=${this.isBusy} @click=${this.review}>
                  ${strings.document.save}
                </button>`
            : this.draft || !session.mayChange
              ? nothing
              : html`<button @click=${this.begin}>${strings.document.edit}</button>`
        }
      </div>
      ${this.notices()} ${this.conflictView()}
      ${
        this.isEditing && this.isReady
          ? html`<document-editor
              .initial=${this.draft?.text ?? this.stored.text}
              .other=${this.conflict?.stored.text}
              @input=${this.keep}
            ></document-editor>`
          : html`<pre tabindex="0" role="group" aria-label=${strings.document.text}>${this.stored.text}</pre>`
      }
      <save-dialog .preview=${this.preview} .isBusy=${this.isBusy} @confirm=${this.save}></save-dialog>
    `;
  }

  private notices(): unknown {
    const { draft } = this;
    return html`
      ${this.notice === "" ? nothing : html`<div class="notice" role="status"><p>${this.notice}</p></div>`}
      ${this.isKept ? nothing : html`<div class="notice bad" role="alert"><p>${strings.document.notKept}</p></div>`}
      ${
        draft && !this.isEditing
          ? html`<div class="notice" role="status">
              <p>${strings.document.draft(ago(draft.at), counted(draft.revision))}</p>
              ${session.mayChange ? html`<button class="primary" @click=${this.begin}>${strings.document.resume}</button>` : nothing}
              <button @click=${this.discard}>${strings.document.discard}</button>
            </div>`
          : nothing
      }
    `;
  }

  private conflictView(): unknown {
    if (!this.conflict) return nothing;
    const { stored, theirs } = this.conflict;
    const { author, created_at: at, message } = theirs.to;
    return html`<div class="notice bad" role="alert">
        <p>${strings.document.conflict(counted(stored.revision))} ${strings.document.conflictStep}</p>
      </div>
      <details open>
        <summary>
          ${strings.document.theirChanges(author, ago(Date.parse(at)))}${message === null ? "" : `: ${message}`}
        </summary>
        <unified-diff .text=${theirs.unified_diff}></unified-diff>
      </details>`;
  }

  private async load(): Promise<void> {
    const { mac } = this;
    if (mac === "") return;
    try {
      const stored = await readConfig(mac);
      if (mac !== this.mac || this.isEditing) return;
      this.stored = stored;
    } catch (error) {
      if (mac === this.mac) report(error);
    }
  }

  /** Load the editor, and begin. It is not a part of the first load of the page. */
  private async begin(): Promise<void> {
    this.edits = false;
    this.notice = "";
    await import("./document-editor.ts");
    this.isReady = true;
    this.isEditing = true;
    await this.updateComplete;
    this.editor?.focus();
  }

  private keep(): void {
    if (!this.editor || !this.stored) return;
    const { revision, base } = this.draft ?? { revision: this.stored.revision, base: this.stored.text };
    this.draft = { text: this.editor.text, revision, base, at: Date.now() };
    this.isKept = keepDraft(this.mac, this.draft);
  }

  private discard(): void {
    dropDraft(this.mac);
    this.draft = this.conflict = undefined;
    this.isEditing = false;
    this.isKept = true;
    void this.load();
  }

  private format(): void {
    if (!this.editor) return;
    try {
      this.editor.replace(formatted(this.editor.text));
    } catch (error) {
      if (!(error instanceof NoToken)) throw error;
      this.notice = strings.document.invalid;
    }
  }

  private async review(): Promise<void> {
    if (!this.editor || !this.stored) return;
    this.notice = violations(this.editor.text).length > 0 ? strings.document.invalid : "";
    if (this.notice !== "") return;
    const revision = this.draft?.revision ?? this.stored.revision;
    await this.attempt(async (text) => {
      this.preview = await previewed(this.mac, text, revision);
      this.dialog.show();
    });
  }

  private async save({ detail: message }: CustomEvent<string>): Promise<void> {
    const revision = this.draft?.revision ?? this.stored?.revision ?? 0;
    await this.attempt(async (text) => {
      const number = await saved(this.mac, text, revision, message);
      this.dialog.hide();
      this.discard();
      this.notice = strings.document.saved(counted(number));
      this.dispatchEvent(new Event("saved"));
    });
  }

  /** Do something with the text. A refusal shows its place; a change of another one opens the view of both. */
  private async attempt(act: (text: string) => Promise<void>): Promise<void> {
    if (!this.editor) return;
    this.isBusy = true;
    try {
      await act(this.editor.text);
    } catch (error) {
      // The dialog would cover what is to be read now.
      this.dialog.hide();
      if (error instanceof Problem && error.status === 412) await this.meet();
      else {
        report(error);
        if (error instanceof Problem) this.show(error.details);
      }
    } finally {
      this.isBusy = false;
    }
  }

  private show({ line, column }: Readonly<Record<string, unknown>>): void {
    if (typeof line === "number" && typeof column === "number") this.editor?.goTo(line, column);
  }

  /** Show what another one stored beside this text; from then on, saving follows their revision. */
  private async meet(): Promise<void> {
    if (!this.editor || !this.stored) return;
    const { text } = this.editor;
    const { revision, base } = this.draft ?? { revision: this.stored.revision, base: this.stored.text };
    try {
      const stored = await readConfig(this.mac);
      const theirs = await difference(this.mac, revision, stored.revision);
      this.draft = { text, revision: stored.revision, base: stored.text, at: Date.now() };
      this.isKept = keepDraft(this.mac, this.draft);
      // Another editor: the one that stands beside the stored document.
      this.isReady = false;
      this.stored = stored;
      this.conflict = { stored, theirs, base };
      await this.updateComplete;
      this.isReady = true;
    } catch (error) {
      report(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "device-document": DeviceDocument;
  }
}
