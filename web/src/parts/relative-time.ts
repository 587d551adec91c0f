import { html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import { ago, exactly } from "./times.ts";

const shown = new Set<LitElement>();

// One timer for all.
setInterval(() => {
  for (const each of shown) each.requestUpdate();
}, 10_000);

/** A moment in words, such as "3 minutes ago", with the exact time on hover. */
@customElement("relative-time")
export class RelativeTime extends LitElement {
  /** RFC 3339; null for never. */
  @property({ attribute: false }) at: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    shown.add(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    shown.delete(this);
  }

  protected override render(): unknown {
    if (this.at === null) return strings.never;
    const moment = Date.parse(this.at);
    return html`<time datetime=${this.at} title=${exactly(moment)}>${ago(moment)}</time>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "relative-time": RelativeTime;
  }
}
