import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import "../shell/error-banner.ts";
import { shown, type ShownError } from "../shell/errors.ts";
import { strings } from "../strings/strings.ts";
import { dialogs } from "./dialog-styles.ts";
import { controls } from "./shared-styles.ts";

/** As the API: characters of a reason. */
const LONGEST_REASON = 1_000;

/**
 * A dialog that tells what an action will do, asks for the reason where there is a history, and acts. It stays open until the action has
 * succeeded: an error is shown in it, and nothing that was typed is lost. Its content explains the action.
 *
 * The attribute `wide` makes room for a difference. Event: `close`, when it was closed in any way.
 */
@customElement("action-dialog")
export class ActionDialog extends LitElement {
  static override styles = [
    controls,
    dialogs,
    css`
      /* Closed, it takes no room among buttons. */
      :host {
        display: contents;
      }
      dialog {
        width: min(620px, 100vw);
        padding: 0;
      }
      :host([wide]) dialog {
        width: min(900px, 100vw);
      }
      form {
        padding: 16px;
      }
    `,
  ];

  @property({ attribute: false }) heading = "";
  /** The word of the button that acts. */
  @property({ attribute: false }) action = "";
  /** Whether it asks for the reason: not for what has no history. */
  @property({ attribute: false }) hasReason = true;
  /** Whether it can act now. */
  @property({ attribute: false }) isReady = true;
  /** What it does; it gets the reason, null without one. An error that it throws is shown. */
  @property({ attribute: false }) act: (reason: string | null) => Promise<void> = () => Promise.resolve();
  @state() private isBusy = false;
  @state() private error: ShownError | undefined;
  @query("dialog") private readonly dialog!: HTMLDialogElement;
  @query("[type=button]") private readonly cancel!: HTMLButtonElement;
  @query("[name=reason]") private readonly reason!: HTMLInputElement | null;

  /** Open it, without what was said in it before. */
  async show(): Promise<void> {
    await this.updateComplete;
    this.error = undefined;
    if (this.reason) this.reason.value = "";
    if (!this.dialog.open) this.dialog.showModal();
  }

  close(): void {
    this.dialog.close();
  }

  protected override render(): unknown {
    return html`<dialog aria-labelledby="heading" @close=${this.onClose}>
      ${
        this.error
          ? html`<error-banner
              .error=${this.error}
              @close=${() => {
                this.error = undefined;
              }}
            ></error-banner>`
          : nothing
      }
      <form @submit=${this.onSubmit}>
        <h2 id="heading">${this.heading}</h2>
        <slot></slot>
        ${
          this.hasReason
            ? html`<label>
                ${strings.reason}
                <input name="reason" maxlength=${LONGEST_REASON} autocomplete="off" />
              </label>`
            : nothing
        }
        <div class="buttons">
          <button type="button" @click=${this.close}>${strings.cancel}</button>
          <button class="primary" ?disabled=${!this.isReady || this.isBusy}>${this.action}</button>
        </div>
      </form>
    </dialog>`;
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.isReady || this.isBusy) return;
    this.isBusy = true;
    this.error = undefined;
    try {
      const reason = this.reason?.value.trim() ?? "";
      await this.act(reason === "" ? null : reason);
      this.dialog.close();
    } catch (error) {
      this.error = shown(error);
      // The button cannot keep the focus while it is off.
      (this.reason ?? this.cancel).focus();
    } finally {
      this.isBusy = false;
    }
  }

  private onClose(): void {
    this.dispatchEvent(new Event("close"));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "action-dialog": ActionDialog;
  }
}
