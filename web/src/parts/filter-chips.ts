import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { navigate } from "../router.ts";
import { strings } from "../strings/strings.ts";
import { controls } from "./shared-styles.ts";

/** A filter that is on, and the address of the screen without it. */
export interface Chip {
  text: string;
  without: string;
}

/** The filters of a screen, each with a button that takes it away; nothing where no filter is on. */
@customElement("filter-chips")
export class FilterChips extends LitElement {
  static override styles = [
    controls,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap);
        padding: 0 0 10px;
        margin: 0;
        list-style: none;
      }
      .chip {
        min-height: 30px;
        max-width: 100%;
        padding: 1px 10px;
        border-radius: 15px;
        border-color: var(--accent);
        background: var(--selected);
        overflow-wrap: anywhere;
        text-align: start;
      }
    `,
  ];

  @property({ attribute: false }) chips: readonly Chip[] = [];
  /** The address of the screen without any filter. */
  @property({ attribute: false }) cleared = "/";

  protected override render(): unknown {
    if (this.chips.length === 0) return nothing;
    return html`<ul aria-label=${strings.fleet.filters}>
      ${this.chips.map(
        ({ text, without }) =>
          html`<li>
            <button
              class="chip"
              aria-label=${strings.fleet.removeFilter(text)}
              @click=${() => {
                navigate(without);
              }}
            >
              <bdi>${text}</bdi> <span aria-hidden="true">✕</span>
            </button>
          </li>`,
      )}
      <li>
        <button
          class="plain"
          @click=${() => {
            navigate(this.cleared);
          }}
        >
          ${strings.fleet.clearFilters}
        </button>
      </li>
    </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "filter-chips": FilterChips;
  }
}
