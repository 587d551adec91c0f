import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { controls } from "../../parts/shared-styles.ts";
import { strings } from "../../strings/strings.ts";
import { asking } from "./list-styles.ts";

/** Revokes a token, after a question. Event: `revoke`. Its parts are cells of the row that it stands in. */
@customElement("revoke-button")
export class RevokeButton extends LitElement {
  static override styles = [
    controls,
    asking,
    css`
      :host {
        display: contents;
      }
      @media (max-width: 700px) {
        button {
          justify-self: start;
        }
      }
    `,
  ];

  /** Whose token it is. */
  @property({ attribute: false }) owner = "";
  /** What else the person should know, before the answer. */
  @property({ attribute: false }) warning = "";
  @state() private isAsked = false;
  @query("button") private readonly first!: HTMLButtonElement;

  protected override render(): unknown {
    const { access } = strings;
    if (!this.isAsked) {
      return html`<button aria-label=${access.revokeOf(this.owner)} @click=${this.ask}>
        ${access.revoke}
      </button>`;
    }
    return html`<div class="asked">
      <p>${access.revokeMeaning(this.owner)} ${this.warning || nothing}</p>
      <button class="primary" @click=${this.revoke}>${access.revoke}</button>
      <button @click=${this.keep}>${strings.cancel}</button>
    </div>`;
  }

  private async ask(): Promise<void> {
    this.isAsked = true;
    await this.updateComplete;
    this.first.focus();
  }

  private revoke(): void {
    this.isAsked = false;
    this.dispatchEvent(new Event("revoke"));
  }

  private async keep(): Promise<void> {
    this.isAsked = false;
    await this.updateComplete;
    this.first.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "revoke-button": RevokeButton;
  }
}
