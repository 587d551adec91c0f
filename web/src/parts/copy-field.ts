import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import { controls } from "./shared-styles.ts";

/** A text to be taken elsewhere: selected as a whole with the focus, and copied by a button. */
@customElement("copy-field")
export class CopyField extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex: 1 1 280px;
        flex-wrap: wrap;
        gap: var(--gap);
        min-width: 0;
      }
      input {
        flex: 1 1 220px;
        min-width: 0;
        font-family: var(--mono);
      }
    `,
  ];

  /** What the text is. */
  @property({ attribute: false }) label = "";
  @property({ attribute: false }) text = "";
  @state() private copied = "";
  @query("input") private readonly field!: HTMLInputElement;

  protected override render(): unknown {
    const isCopied = this.copied !== "" && this.copied === this.text;
    return html`<input readonly aria-label=${this.label} .value=${this.text} @focus=${this.select} /> ${
        // Over http, browsers have no clipboard: the text is selected with the focus, for the person to copy.
        window.isSecureContext
          ? html`<button type="button" @click=${this.copy}>
              ${isCopied ? strings.copied : strings.copy}
            </button>`
          : nothing
      }`;
  }

  private select(): void {
    this.field.select();
  }

  private async copy(): Promise<void> {
    const { text } = this;
    this.select();
    await navigator.clipboard.writeText(text);
    this.copied = text;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "copy-field": CopyField;
  }
}
