import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import type { Schemas } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { session } from "../session/session.ts";
import type { ModelSchema } from "../schema/model-schema.ts";
import type { StructuredEditor } from "../schema/structured-editor.ts";
import { report } from "../shell/errors.ts";
import { counted, strings } from "../strings/strings.ts";
import type { ConflictEditor } from "./conflict/conflict-editor.ts";
import "./conflict/conflict-notice.ts";
import { type Conflict, met } from "./conflict/conflict.ts";
import { violations } from "./content-rules.ts";
import "./document-notices.ts";
import { dropDraft, keepDraft, readDraft, type Draft } from "./drafts.ts";
import { formatted, NoToken } from "./json-text.ts";
import "./save-dialog.ts";
import type { SaveDialog } from "./save-dialog.ts";
import { previewed, readConfig, saved, type StoredConfig } from "./stored-config.ts";

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
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap) 12px;
      }
      h2 {
        margin-right: auto;
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
    `,
  ];

  @property({ attribute: false }) mac = "";
  /** Whether to begin with editing. */
  @property({ attribute: false }) edits = false;
  /** A number that changes when the stored document may be another one. */
  @property({ attribute: false }) newest = 0;
  /** The schema of the device's model. */
  @property({ attribute: false }) model: ModelSchema | undefined;
  @state() private stored: StoredConfig | undefined;
  @state() private draft: Draft | undefined;
  @state() private isEditing = false;
  @state() private isKept = true;
  @state() private isBusy = false;
  @state() private notice = "";
  @state() private preview: Schemas["Preview"] | undefined;
  @state() private conflict: Conflict | undefined;
  /** How many changes of another one are neither taken over nor left out. */
  @state() private undecided = 0;
  /** Whether another one has changed the document since this text was begun. */
  @state() private isBehind = false;
  @query("structured-editor, conflict-editor") private readonly editor!:
    StructuredEditor | ConflictEditor | null;
  @query("conflict-editor") private readonly conflictEditor!: ConflictEditor | null;
  @query("save-dialog") private readonly dialog!: SaveDialog;

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("mac")) {
      this.stored = this.conflict = undefined;
      this.isEditing = this.isBehind = false;
      this.draft = readDraft(this.mac);
    }
    if (changed.has("mac") || changed.has("newest")) void (this.isEditing ? this.lookBehind() : this.load());
  }

  /** It begins with editing as soon as both the document and the rights of the caller are known. */
  protected override updated(): void {
    if (this.edits) this.edit();
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
                <button class="primary" ?disabled=${this.isBusy || this.undecided > 0} @click=${this.review}>
                  ${strings.document.save}
                </button>`
            : this.draft || !session.mayChange
              ? nothing
              : html`<button @click=${this.begin}>${strings.document.edit}</button>`
        }
      </div>
      <document-notices
        .notice=${this.notice}
        .waiting=${this.isEditing ? undefined : this.draft}
        .isKept=${this.isKept}
        .isBehind=${this.isBehind}
        @resume=${this.begin}
        @discard=${this.discard}
        @look=${this.meet}
      ></document-notices>
      ${
        this.isEditing
          ? this.editing(this.stored)
          : html`<pre tabindex="0" role="group" aria-label=${strings.document.text}>${this.stored.text}</pre>`
      }
      <save-dialog .preview=${this.preview} .isBusy=${this.isBusy} @confirm=${this.save}></save-dialog>
    `;
  }

  private editing({ text }: StoredConfig): unknown {
    const { conflict } = this;
    if (!conflict)
      return html`<structured-editor
        .initial=${this.draft?.text ?? text}
        .model=${this.model}
        @input=${this.keep}
        @save=${this.review}
      ></structured-editor>`;
    return html`
      <conflict-notice
        .conflict=${conflict}
        .undecided=${this.undecided}
        @take=${() => this.conflictEditor?.takeWhatFits()}
        @leave=${() => this.conflictEditor?.leaveOut()}
      ></conflict-notice>
      ${keyed(
        conflict,
        html`<conflict-editor
          .initial=${conflict.mine}
          .base=${conflict.base}
          .theirs=${conflict.stored.text}
          @input=${this.keep}
          @decided=${this.keep}
          @save=${this.review}
        ></conflict-editor>`,
      )}
    `;
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

  /** Begin with editing, where the caller may; with the draft, where there is one. */
  edit(): void {
    if (this.stored && !this.isEditing && session.mayChange) void this.begin();
  }

  /** Load the editor, and begin. It is not a part of the first load of the page. */
  private async begin(): Promise<void> {
    this.edits = false;
    this.notice = "";
    await import("../schema/structured-editor.ts");
    this.isEditing = true;
    await this.updateComplete;
    await this.editor?.updateComplete;
    this.editor?.focus();
  }

  /** Keep what was typed as a draft, with the text that it was made from. */
  private keep(): void {
    const { editor, stored, conflict, conflictEditor } = this;
    if (!editor || !stored) return;
    let { revision, base } = this.draft ?? { revision: stored.revision, base: stored.text };
    if (conflict && conflictEditor) {
      this.undecided = conflictEditor.undecided;
      revision = this.undecided > 0 ? conflict.revision : conflict.stored.revision;
      base = conflictEditor.decidedBase;
    }
    this.draft = { text: editor.text, revision, base, at: Date.now() };
    this.isKept = keepDraft(this.mac, this.draft);
  }

  private discard(): void {
    dropDraft(this.mac);
    this.dialog.forget();
    this.draft = this.conflict = undefined;
    this.isEditing = this.isBehind = false;
    this.isKept = true;
    this.undecided = 0;
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
    if (!this.editor || !this.stored || this.isBusy || this.undecided > 0) return;
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

  /** While one edits, the text stays what it was made from: that another one has changed the document is said. */
  private async lookBehind(): Promise<void> {
    const { mac } = this;
    try {
      const { revision } = await readConfig(mac);
      const mine = this.conflict?.stored.revision ?? this.draft?.revision ?? this.stored?.revision ?? 0;
      if (mac === this.mac && this.isEditing) this.isBehind = revision > mine;
    } catch {
      // Saving finds it out, and says why not.
    }
  }

  /** Show what another one stored beside this text. It is saved only after each of their changes is decided. */
  private async meet(): Promise<void> {
    if (!this.editor || !this.stored) return;
    const { revision, base } = this.draft ?? { revision: this.stored.revision, base: this.stored.text };
    try {
      const conflict = await met(this.mac, { revision, base, text: this.editor.text, at: Date.now() });
      await import("./conflict/conflict-editor.ts");
      const { text } = this.editor;
      const { stored } = conflict;
      this.stored = stored;
      this.isBehind = false;
      const isSame = stored.text === base;
      this.draft = { text, revision: isSame ? stored.revision : revision, base, at: Date.now() };
      this.isKept = keepDraft(this.mac, this.draft);
      this.conflict = isSame ? undefined : { ...conflict, mine: text };
      this.undecided = isSame ? 0 : 1;
      this.notice = isSame ? strings.conflict.same(counted(stored.revision)) : "";
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
