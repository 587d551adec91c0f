import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

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
      input {
        flex: 1 1 280px;
        min-width: 0;
        font-family: var(--mono);
      }
    `,
  ];

  /** Whose token it is. */
  @property({ attribute: false }) owner = "";
  @property({ attribute: false }) secret = "";
  @state() private isCopied = false;
  @query("input") private readonly text!: HTMLInputElement;

  protected override render(): unknown {
    const { access } = strings;
    return html`<div role="status">
      <p>${access.shownOnce(this.owner)}</p>
      <input readonly aria-label=${access.newToken} .value=${this.secret} @focus=${this.select} />
      ${
        // Over http, browsers have no clipboard: the text is selected with the focus, for the person to copy.
        window.isSecureContext
          ? html`<button @click=${this.copy}>${this.isCopied ? access.copied : access.copy}</button>`
          : nothing
      }
      <button @click=${this.close}>${access.done}</button>
    </div>`;
  }

  private select(): void {
    this.text.select();
  }

  private async copy(): Promise<void> {
    this.text.select();
    await navigator.clipboard.writeText(this.secret);
    this.isCopied = true;
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
