import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { deviceStore } from "../../devices/device-store.ts";
import "../../labels/device-label.ts";
import { devicesOf, isLoopback, MOST } from "../../labels/sheet.ts";
import { Listening } from "../../parts/listening.ts";
import { lists } from "../../parts/list-styles.ts";
import { controls } from "../../parts/shared-styles.ts";
import { type Address, navigate } from "../../router.ts";
import { counted, strings } from "../../strings/strings.ts";

/** Labels that are drawn at once: the page stays usable meanwhile. */
const SLICE = 40;

/** A sheet of labels to print; the address has its devices. */
@customElement("labels-screen")
export class LabelsScreen extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      .sheet {
        display: flex;
        flex-wrap: wrap;
        gap: 3mm;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .sheet li {
        max-width: 100%;
        break-inside: avoid;
      }
      device-label {
        max-width: 100%;
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      @media print {
        :host {
          padding: 0;
        }
        .top,
        .hint {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private drawn = SLICE;
  private macs: readonly string[] = [];

  constructor() {
    super();
    new Listening(this, deviceStore);
  }

  private get isLarge(): boolean {
    return this.address.query.get("size") === "large";
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("address")) return;
    this.macs = devicesOf(location.hash);
    this.drawn = SLICE;
  }

  protected override updated(): void {
    if (this.drawn < this.count) setTimeout(() => (this.drawn += SLICE));
  }

  private get count(): number {
    return Math.min(this.macs.length, MOST);
  }

  protected override render(): unknown {
    const { labels } = strings;
    const { macs, count } = this;
    const isDone = this.drawn >= count;
    if (macs.length === 0)
      return html`<div class="top">
          <div class="title"><h1>${labels.heading}</h1></div>
        </div>
        <div class="empty">
          <p>${labels.none}</p>
          <p><a href="/">${strings.toFleet}</a></p>
        </div>`;
    return html`
      <div class="top">
        <div class="title">
          <h1>${labels.heading}</h1>
          <span class="faint" role="status">${isDone ? counted(count) : strings.loading}</span>
        </div>
        <label>
          ${labels.size}
          <select @change=${this.resize}>
            <option value="small" ?selected=${!this.isLarge}>60 × 27 mm</option>
            <option value="large" ?selected=${this.isLarge}>90 × 45 mm</option>
          </select>
        </label>
        <button
          class="primary"
          ?disabled=${!isDone}
          @click=${() => {
            print();
          }}
        >
          ${labels.print}
        </button>
      </div>
      ${macs.length > MOST ? html`<p class="hint">${labels.tooMany(counted(MOST))}</p>` : nothing}
      ${isLoopback(location.hostname) ? html`<p class="hint faint">${labels.loopback(location.origin)}</p>` : nothing}
      <ul class="sheet" aria-label=${labels.heading}>
        ${macs.slice(0, Math.min(this.drawn, count)).map(
          (mac) =>
            html`<li>
              <device-label
                .mac=${mac}
                .name=${deviceStore.devices.get(mac)?.device_name ?? null}
                .isLarge=${this.isLarge}
              ></device-label>
            </li>`,
        )}
      </ul>
    `;
  }

  private resize(event: Event): void {
    const size = (event.target as HTMLSelectElement).value;
    const query = size === "large" ? "?size=large" : "";
    navigate(location.pathname + query + location.hash, { replace: true });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "labels-screen": LabelsScreen;
  }
}
