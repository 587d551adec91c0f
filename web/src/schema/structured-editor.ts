import type { Extension } from "@codemirror/state";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import "../documents/document-editor.ts";
import type { DocumentEditor } from "../documents/document-editor.ts";
import type { TextEdit } from "../documents/member-edits.ts";
import { controls } from "../parts/shared-styles.ts";
import { strings } from "../strings/strings.ts";
import type { ModelSchema } from "./model-schema.ts";

/**
 * The text of a document in an editor, and above it, where a model describes the document, a form. Both show one text.
 *
 * Events: `input`, the text has changed; `save`, by its key.
 */
@customElement("structured-editor")
export class StructuredEditor extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 10px;
        min-width: 0;
      }
      summary {
        cursor: pointer;
      }
      schema-form {
        padding: 8px 0;
      }
    `,
  ];

  /** The text at the beginning. */
  @property({ attribute: false }) initial = "";
  /** What the text is, for screen readers. */
  @property({ attribute: false }) label = strings.document.text;
  @property({ attribute: false }) model: ModelSchema | undefined;
  /** Whether the text is a part of a document: that of a layer, or of a device that layers reach. */
  @property({ attribute: false }) isPart = false;
  @state() private typed: string | undefined;
  private further: Extension = [];
  @query("document-editor") private readonly editor!: DocumentEditor | null;

  /** What was typed. */
  get text(): string {
    return this.editor?.text ?? this.initial;
  }

  replace(text: string): void {
    this.editor?.replace(text);
  }

  goTo(line: number, column: number): void {
    this.editor?.goTo(line, column);
  }

  override focus(): void {
    this.editor?.focus();
  }

  /** Its editor has to be there before it can have the focus. */
  protected override async getUpdateComplete(): Promise<boolean> {
    const isComplete = await super.getUpdateComplete();
    await this.editor?.updateComplete;
    return isComplete;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("model") || changed.has("isPart")) this.further = this.model?.editing(this.isPart) ?? [];
  }

  protected override render(): unknown {
    const { model } = this;
    return html`
      ${
        model
          ? html`<details open>
              <summary>${model.title}</summary>
              <schema-form
                .schema=${model.schema}
                .text=${this.typed ?? this.initial}
                .isPart=${this.isPart}
                @edit=${(event: CustomEvent<TextEdit>) => this.editor?.edit(event.detail)}
                @go=${(event: CustomEvent<number>) => this.editor?.goToPlace(event.detail)}
              ></schema-form>
            </details>`
          : nothing
      }
      <document-editor
        .initial=${this.initial}
        .label=${this.label}
        .further=${this.further}
        @input=${this.onInput}
        @save=${() => this.dispatchEvent(new Event("save"))}
      ></document-editor>
    `;
  }

  private onInput(): void {
    this.typed = this.text;
    this.dispatchEvent(new Event("input"));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "structured-editor": StructuredEditor;
  }
}
