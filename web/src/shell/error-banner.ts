import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { controls } from "../parts/shared-styles.ts";
import { strings } from "../strings/strings.ts";
import type { ShownError } from "./errors.ts";

/** An error in the words of the API, with the id of the request. Its event `close` means that it was read. */
@customElement("error-banner")
export class ErrorBanner extends LitElement {
  static override styles = [
    controls,
    css`
      [role="alert"] {
        display: flex;
        align-items: center;
        gap: var(--gap);
        padding: 8px 16px;
        border-bottom: 1px solid var(--bad);
        background: var(--bad-ground);
      }
      p {
        flex: 1;
        min-width: 0;
        margin: 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) error: ShownError | undefined;

  protected override render(): unknown {
    if (!this.error) return nothing;
    const { sentence, requestId } = this.error;
    return html`
      <div role="alert">
        <p>
          ${sentence}
          ${requestId === null ? "" : html`<span class="faint mono">${strings.request(requestId)}</span>`}
        </p>
        <button class="plain" @click=${this.close}>${strings.close}</button>
      </div>
    `;
  }

  private close(): void {
    this.dispatchEvent(new Event("close"));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "error-banner": ErrorBanner;
  }
}
