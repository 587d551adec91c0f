import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import type { Schemas } from "../api/client.ts";
import { controls } from "../parts/shared-styles.ts";
import "../parts/unified-diff.ts";
import { strings } from "../strings/strings.ts";

/** Shows what would change, and asks for a message. Event `confirm` with the message. */
@customElement("save-dialog")
export class SaveDialog extends LitElement {
  static override styles = [
    controls,
    css`
      dialog {
        width: min(900px, 94vw);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--ground);
        color: var(--text);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 40%);
      }
      form {
        display: grid;
        gap: 12px;
      }
      label {
        display: grid;
        gap: 4px;
      }
      .actions {
        display: flex;
        justify-content: flex-end;
        gap: var(--gap);
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
        <div class="actions">
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
