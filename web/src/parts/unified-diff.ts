import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import { controls } from "./shared-styles.ts";

/** A difference of the API, line by line. Added and removed lines have a sign and a colour. */
@customElement("unified-diff")
export class UnifiedDiff extends LitElement {
  static override styles = [
    controls,
    css`
      pre {
        max-height: 50vh;
        margin: 0;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        font: 0.87em/1.5 var(--mono);
      }
      span {
        display: block;
        min-width: max-content;
        padding: 0 10px;
      }
      .added {
        background: var(--added);
      }
      .removed {
        background: var(--removed);
      }
      .place {
        color: var(--faint);
        background: var(--raised);
      }
    `,
  ];

  /** `unified_diff` of the API. */
  @property({ attribute: false }) text = "";

  protected override render(): unknown {
    const lines = this.text.split("\n").filter((line) => line !== "" && !/^(---|\+\+\+)( |$)/.test(line));
    if (lines.length === 0) return html`<p class="faint">${strings.document.noDifference}</p>`;
    return html`<pre tabindex="0" role="group" aria-label=${strings.document.difference}>
${lines.map((line) => html`<span class=${kindOf(line)}>${line}</span>`)}</pre>`;
  }
}

function kindOf(line: string): string {
  if (line.startsWith("+")) return "added";
  if (line.startsWith("-")) return "removed";
  return line.startsWith("@@") ? "place" : "";
}

declare global {
  interface HTMLElementTagNameMap {
    "unified-diff": UnifiedDiff;
  }
}
