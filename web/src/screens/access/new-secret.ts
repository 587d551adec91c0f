import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";

import "../../parts/copy-field.ts";
import { controls } from "../../parts/shared-styles.ts";
import { strings } from "../../strings/strings.ts";

/** A new token, which the service shows once. Event: `close`, when the person has it. */
@customElement("new-secret")
export class NewSecret extends LitElement {
  static override styles = [
    controls,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap);
        padding: 10px 12px;
        border: 1px solid var(--good);
        border-radius: var(--radius);
        background: var(--good-ground);
      }
      p {
        flex-basis: 100%;
        margin: 0;
      }
    `,
  ];

  /** Whose token it is. */
  @property({ attribute: false }) owner = "";
  @property({ attribute: false }) secret = "";

  protected override render(): unknown {
    const { access } = strings;
    return html`<div role="status">
      <p>${access.shownOnce(this.owner)}</p>
      <copy-field .label=${access.newToken} .text=${this.secret}></copy-field>
      <button @click=${this.close}>${access.done}</button>
    </div>`;
  }

  private close(): void {
    this.dispatchEvent(new Event("close"));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "new-secret": NewSecret;
  }
}
