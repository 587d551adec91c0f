import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import "../../devices/device-state.ts";
import { selection } from "../../devices/selection.ts";
import { Listening } from "../../parts/listening.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { deviceAddress } from "../../router.ts";
import { session } from "../../session/session.ts";
import { counted, strings } from "../../strings/strings.ts";
import { type Column, COLUMNS, type Device } from "./fleet-view.ts";

/** Where the columns do not fit: on a phone, and on a page that is zoomed to 200 %. */
const NARROW = window.matchMedia("(max-width: 760px)");
/** Heights in CSS pixels; the style sheet below has the same. */
const ROW = 40;
const CARD = 108;
const CARD_WITH_TAGS = 152;
/** Rows that are rendered beyond both ends of what is visible. */
const BEYOND = 8;

/**
 * The devices as a table; as cards on a narrow screen. Only visible rows are in the page.
 *
 * Events: `sort` with a column, `tag` with a tag.
 */
@customElement("fleet-table")
export class FleetTable extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        --columns: 40px minmax(120px, 2fr) 158px 170px 140px 110px minmax(80px, 2fr);
      }
      [role="row"] {
        display: grid;
        grid-template-columns: var(--columns);
        align-items: center;
        height: 40px;
        padding: 0 16px 0 8px;
        border-bottom: 1px solid var(--line);
      }
      .columns {
        position: sticky;
        top: var(--header-height, 44px);
        z-index: 1;
        background: var(--ground);
      }
      .columns button {
        justify-content: flex-start;
        padding: 0;
        border: 0;
        font-weight: 600;
      }
      [role="gridcell"] {
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        padding-right: 8px;
      }
      .check {
        display: grid;
        place-items: center;
        height: 100%;
        padding: 0;
      }
      .check label {
        display: grid;
        place-items: center;
      }
      .check input {
        width: 17px;
        height: 17px;
        min-height: 0;
        margin: 0;
        accent-color: var(--accent);
      }
      .body [role="row"]:hover {
        background: var(--raised);
      }
      [role="row"][aria-selected="true"],
      .body [role="row"][aria-selected="true"]:hover {
        background: var(--selected);
      }
      [role="row"].active {
        box-shadow: inset 3px 0 var(--accent);
      }
      .name {
        color: var(--text);
        font-weight: 500;
        text-decoration: none;
      }
      .name:hover {
        text-decoration: underline;
      }
      .tag {
        min-height: 0;
        margin-right: 4px;
        padding: 0;
        border: 0;
        background: transparent;
        font-size: 0.87em;
        vertical-align: middle;
      }
      .tag span {
        padding: 0 7px;
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--raised);
      }
      .tag:hover span {
        border-color: var(--accent);
      }
      .behind {
        font-weight: 600;
      }
      @media (max-width: 900px) {
        :host {
          --columns: 40px minmax(100px, 2fr) 158px 140px 110px 80px minmax(70px, 1fr);
        }
      }
      @media (max-width: 760px) {
        .columns {
          display: none;
        }
        .body [role="row"] {
          grid-template-columns: 52px 1fr auto;
          grid-template-rows: 44px 24px 24px;
          align-content: center;
          height: 108px;
          padding: 0 12px 0 0;
        }
        :host([tagged]) .body [role="row"] {
          grid-template-rows: 44px 24px 24px 44px;
          height: 152px;
        }
        .check {
          grid-row: 1 / 4;
        }
        .check label {
          width: 44px;
          height: 44px;
        }
        .name {
          display: block;
          padding: 0;
          line-height: 44px;
        }
        .named {
          grid-column: 2 / 4;
        }
        .stated {
          grid-area: 2 / 2;
        }
        .revised {
          grid-area: 2 / 3;
          text-align: right;
        }
        .addressed {
          grid-area: 3 / 2;
        }
        .seen {
          grid-area: 3 / 3;
          text-align: right;
        }
        .tags {
          grid-area: 4 / 2 / 5 / 4;
        }
        :host(:not([tagged])) .tags {
          display: none;
        }
        .tag {
          min-width: 44px;
          min-height: 44px;
        }
      }
    `,
  ];

  @property({ attribute: false }) devices: readonly Device[] = [];
  @property({ attribute: false }) sort: Column = "name";
  @property({ attribute: false }) isDescending = false;
  /** The device that keys act on. */
  @property({ attribute: false }) active: string | undefined;
  /** Whether a device has a tag, so that cards have a line for them. */
  @property({ type: Boolean, reflect: true }) tagged = false;
  @state() private first = 0;
  @state() private last = 0;

  constructor() {
    super();
    new Listening(this, selection, session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("scroll", this.measure, { passive: true });
    window.addEventListener("resize", this.measure);
    NARROW.addEventListener("change", this.measure);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("scroll", this.measure);
    window.removeEventListener("resize", this.measure);
    NARROW.removeEventListener("change", this.measure);
  }

  /** Scroll so far that a device is visible. */
  reveal(mac: string): void {
    const index = this.devices.findIndex((device) => device.mac_address === mac);
    const body = this.renderRoot.querySelector(".body");
    if (index < 0 || !body) return;
    const top = body.getBoundingClientRect().top + index * this.rowHeight;
    const above = (document.querySelector("iotconfig-app")?.headerHeight ?? 0) + (NARROW.matches ? 0 : ROW);
    if (top < above) window.scrollBy(0, top - above);
    else if (top + this.rowHeight > window.innerHeight)
      window.scrollBy(0, top + this.rowHeight - window.innerHeight);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("devices")) return;
    this.last = Math.min(Math.max(this.last, 40), this.devices.length);
    this.tagged = this.devices.some(({ tags }) => tags.length > 0);
  }

  protected override updated(): void {
    // Set as properties: the policy of the page allows no styles in attributes.
    this.setHeight(".above", this.first * this.rowHeight);
    this.setHeight(".below", Math.max(0, this.devices.length - this.last) * this.rowHeight);
    this.measure();
  }

  protected override render(): unknown {
    const rows = this.devices.slice(this.first, this.last);
    const active = this.active !== undefined && rows.some((row) => row.mac_address === this.active);
    return html`
      <div
        role="grid"
        aria-label=${strings.fleet.heading}
        aria-rowcount=${this.devices.length + 1}
        aria-multiselectable="true"
        aria-activedescendant=${active ? idOf(this.active ?? "") : nothing}
        tabindex="0"
      >
        <div role="rowgroup" class="columns">
          <div role="row" aria-rowindex="1">
            <span role="columnheader"
              ><span class="hidden">${session.mayOnlyLook ? nothing : strings.fleet.select("")}</span></span
            >
            ${COLUMNS.map((column) => this.columnHeader(column))}
            <span role="columnheader" class="tags"><b>${strings.fleet.tags}</b></span>
          </div>
        </div>
        <div role="rowgroup" class="body">
          <div role="presentation" class="above"></div>
          ${repeat(
            rows,
            (device) => device.mac_address,
            (device, index) => this.row(device, this.first + index),
          )}
          <div role="presentation" class="below"></div>
        </div>
      </div>
    `;
  }

  private columnHeader(column: Column): unknown {
    const title = strings.fleet[column];
    const isSorted = this.sort === column;
    const direction = this.isDescending ? "descending" : "ascending";
    return html`<span role="columnheader" aria-sort=${isSorted ? direction : "none"}>
      <button
        class="plain"
        title=${strings.fleet.sortBy(title)}
        @click=${() => this.dispatchEvent(new CustomEvent("sort", { detail: column }))}
      >
        ${title} <span aria-hidden="true">${isSorted ? (this.isDescending ? "▾" : "▴") : ""}</span>
      </button>
    </span>`;
  }

  private row(device: Device, index: number): unknown {
    const { mac_address: mac, device_name: name } = device;
    const isSelected = selection.has(mac);
    const label = name ?? mac;
    return html`<div
      role="row"
      id=${idOf(mac)}
      class=${this.active === mac ? "active" : ""}
      aria-rowindex=${index + 2}
      aria-selected=${isSelected ? "true" : "false"}
    >
      <span role="gridcell" class="check"
        >${session.mayChange ? this.choice(mac, label, isSelected) : nothing}</span
      >
      <span role="gridcell" class="named">
        <a class="name" href=${deviceAddress(mac)} tabindex="-1" title=${label}>
          ${name === null || name === "" ? html`<span class="faint">${strings.unnamed}</span>` : html`<bdi>${name}</bdi>`}
        </a>
      </span>
      <span role="gridcell" class="addressed mono">${mac}</span>
      <span role="gridcell" class="stated"
        ><device-state .state=${device.state} .overdue=${device.overdue} title=${device.why}></device-state
      ></span>
      <span role="gridcell" class="seen"><relative-time .at=${device.last_seen}></relative-time></span>
      <span role="gridcell" class="revised" title=${strings.fleet.heldMeaning}>${revisions(device)}</span>
      <span role="gridcell" class="tags">${device.tags.map((tag) => this.tag(tag))}</span>
    </div>`;
  }

  private choice(mac: string, label: string, isSelected: boolean): unknown {
    return html`<label>
      <input
        type="checkbox"
        tabindex="-1"
        aria-label=${strings.fleet.select(label)}
        .checked=${isSelected}
        @change=${() => {
          selection.toggle(mac);
        }}
      />
    </label>`;
  }

  private tag(tag: string): unknown {
    return html`<button
      class="tag"
      tabindex="-1"
      @click=${() => this.dispatchEvent(new CustomEvent("tag", { detail: tag }))}
    >
      <span>${tag}</span>
    </button>`;
  }

  private get rowHeight(): number {
    if (!NARROW.matches) return ROW;
    return this.tagged ? CARD_WITH_TAGS : CARD;
  }

  private setHeight(selector: string, pixels: number): void {
    const found = this.renderRoot.querySelector<HTMLElement>(selector);
    if (found) found.style.height = `${pixels}px`;
  }

  private readonly measure = (): void => {
    const body = this.renderRoot.querySelector(".body");
    if (!body) return;
    const top = body.getBoundingClientRect().top;
    const first = Math.floor(-top / this.rowHeight) - BEYOND;
    const last = Math.ceil((window.innerHeight - top) / this.rowHeight) + BEYOND;
    const count = this.devices.length;
    this.first = Math.max(0, Math.min(first, count));
    this.last = Math.max(this.first, Math.min(last, count));
  };
}

function idOf(mac: string): string {
  return `device-${mac.replaceAll(":", "")}`;
}

function revisions({ held, wanted }: Device): unknown {
  if (held === wanted) return counted(wanted);
  const text = strings.fleet.held(held === null ? strings.fleet.unknown : counted(held), counted(wanted));
  return html`<span class="behind">${text}</span>`;
}

declare global {
  interface HTMLElementTagNameMap {
    "fleet-table": FleetTable;
  }
}
