import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import type { Schemas } from "../api/client.ts";
import { dialogs } from "../parts/dialog-styles.ts";
import { controls } from "../parts/shared-styles.ts";
import "../parts/unified-diff.ts";
import { strings } from "../strings/strings.ts";

/** Shows what would change, and asks for a message. Event `confirm` with the message. */
@customElement("save-dialog")
export class SaveDialog extends LitElement {
  static override styles = [
    controls,
    dialogs,
    css`
      dialog {
        width: min(900px, 100vw);
      }
    `,
  ];

  @property({ attribute: false }) preview: Schemas["Preview"] | undefined;
  @property({ attribute: false }) isBusy = false;
  @query("dialog") private readonly dialog!: HTMLDialogElement;
  @query("input") private readonly message!: HTMLInputElement;

  show(): void {
    if (!this.dialog.open) this.dialog.showModal();
    this.message.focus();
  }

  hide(): void {
    this.dialog.close();
  }

  /** Forget the message: it was the reason of another change. */
  forget(): void {
    this.message.value = "";
  }

  protected override render(): unknown {
    return html`<dialog aria-labelledby="title">
      <form @submit=${this.submit}>
        <h2 id="title">${strings.document.review}</h2>
        ${
          this.preview === undefined
            ? nothing
            : this.preview.changed
              ? html`<unified-diff .text=${this.preview.unified_diff}></unified-diff>`
              : html`<p>${strings.document.unchanged}</p>`
        }
        <label
          >${strings.document.message} <input name="message" maxlength="1000" autocomplete="off"
        /></label>
        <div class="buttons">
          <button type="button" @click=${this.hide}>${strings.cancel}</button>
          <button class="primary" ?disabled=${this.isBusy}>${strings.document.confirm}</button>
        </div>
      </form>
    </dialog>`;
  }

  private submit(event: Event): void {
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("confirm", { detail: this.message.value.trim() }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "save-dialog": SaveDialog;
  }
}
