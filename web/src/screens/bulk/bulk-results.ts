import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { deviceLink } from "../../devices/device-link.ts";
import { deviceStore } from "../../devices/device-store.ts";
import { selection } from "../../devices/selection.ts";
import { Listening } from "../../parts/listening.ts";
import { controls } from "../../parts/shared-styles.ts";
import { navigate } from "../../router.ts";
import { counted, strings } from "../../strings/strings.ts";
import type { Fate, Fated } from "./bulk-job.ts";

/** In the order in which they are shown: those that need somebody first. */
const FATES: readonly Fate[] = ["refused", "missing", "unknown", "changed", "same"];
/** Devices that are shown at once, and further ones at each request. */
const FEW = 100;
const MORE = 1_000;

/** What becomes, or became, of each device: counts, each a filter, and the devices. */
@customElement("bulk-results")
export class BulkResults extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 12px;
      }
      .counts {
        display: flex;
        flex-wrap: wrap;
        gap: var(--gap);
        margin: 0;
        padding: 0;
        list-style: none;
      }
      [aria-pressed="true"] {
        border-color: var(--accent);
        background: var(--selected);
      }
      .devices {
        max-height: 50vh;
        margin: 0;
        padding: 0;
        overflow-y: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        list-style: none;
      }
      .devices li {
        display: grid;
        grid-template-columns: minmax(200px, 2fr) 130px 3fr;
        gap: 2px 16px;
        padding: 6px 12px;
        border-bottom: 1px solid var(--line);
        overflow-wrap: anywhere;
      }
      .refused {
        color: var(--bad);
      }
      summary {
        cursor: pointer;
      }
      @media (max-width: 600px) {
        .devices li {
          grid-template-columns: 1fr auto;
        }
        .devices .why {
          grid-column: 1 / 3;
        }
        .device {
          display: inline-flex;
          align-items: center;
          min-height: 44px;
        }
      }
    `,
  ];

  @property({ attribute: false }) fates: readonly Fated[] = [];
  /** Whether it is to be done yet: the devices are then shown on request. */
  @property({ attribute: false }) isPlanned = false;
  @state() private chosen: Fate | undefined;
  @state() private shown = FEW;

  constructor() {
    super();
    new Listening(this, deviceStore);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("fates")) {
      this.shown = FEW;
      this.chosen = undefined;
    }
  }

  protected override render(): unknown {
    const { bulk } = strings;
    const words = this.isPlanned ? bulk.plans : bulk.fates;
    const counts = FATES.map((fate) => [fate, this.of(fate).length] as const).filter(
      ([, count]) => count > 0,
    );
    return html`
      <ul class="counts" aria-label=${bulk.counts}>
        ${counts.map(
          ([fate, count]) =>
            html`<li>
              <button
                aria-pressed=${this.chosen === fate ? "true" : "false"}
                @click=${() => {
                  this.chosen = this.chosen === fate ? undefined : fate;
                  this.shown = FEW;
                }}
              >
                <b>${counted(count)}</b> <span class=${fate}>${words[fate]}</span>
              </button>
            </li>`,
        )}
      </ul>
      ${this.isPlanned && this.chosen === undefined ? nothing : this.list(words)}
      ${this.isPlanned ? nothing : this.again()}
    `;
  }

  private list(words: Readonly<Record<Fate, string>>): unknown {
    const all = this.chosen === undefined ? FATES.flatMap((fate) => this.of(fate)) : this.of(this.chosen);
    const rest = all.length - this.shown;
    return html`<ul class="devices" tabindex="0" aria-label=${strings.bulk.results}>
        ${all.slice(0, this.shown).map(
          ({ mac, fate, revision, reason }) =>
            html`<li>
              <span>${deviceLink(mac)}</span>
              <span class=${fate}>${words[fate]}</span>
              <span class="why" lang=${reason === undefined ? nothing : "en"}
                >${reason ?? (revision === undefined || this.isPlanned ? nothing : strings.changes.revision(counted(revision)))}</span
              >
            </li>`,
        )}
      </ul>
      ${
        rest > 0
          ? html`<div>
              <button
                @click=${() => {
                  this.shown += MORE;
                }}
              >
                ${strings.bulk.more(rest)}
              </button>
            </div>`
          : nothing
      }`;
  }

  /** Those that need another attempt become the selection. */
  private again(): unknown {
    const open = [...this.of("refused"), ...this.of("unknown")];
    if (open.length === 0) return nothing;
    return html`<div>
      <button
        @click=${() => {
          selection.clear();
          selection.add(open.map(({ mac }) => mac));
          navigate("/");
        }}
      >
        ${strings.bulk.selectOpen(open.length)}
      </button>
    </div>`;
  }

  private of(wanted: Fate): readonly Fated[] {
    return this.fates.filter(({ fate }) => fate === wanted);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "bulk-results": BulkResults;
  }
}
