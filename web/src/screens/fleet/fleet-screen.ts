import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import "../../devices/device-state.ts";
import { deviceStore } from "../../devices/device-store.ts";
import { selection } from "../../devices/selection.ts";
import { STATES, type State } from "../../devices/states.ts";
import "../../parts/key-help.ts";
import type { KeyHelp } from "../../parts/key-help.ts";
import { sheetAddress } from "../../labels/sheet.ts";
import { KeyBindings } from "../../parts/keys.ts";
import { Listening } from "../../parts/listening.ts";
import { controls } from "../../parts/shared-styles.ts";
import { type Address, deviceAddress, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { counted, strings } from "../../strings/strings.ts";
import { addressOf as jobAddress, begin } from "../bulk/bulk-job.ts";
import "./fleet-table.ts";
import type { FleetTable } from "./fleet-table.ts";
import {
  addressOf,
  type Column,
  type Counts,
  type FleetView,
  readView,
  type Shown,
  shownBy,
} from "./fleet-view.ts";

/** Keys of those who may change devices. */
const CHANGING: readonly [string, string][] = [
  ["x", strings.help.select],
  ["a", strings.help.selectAll],
  ["b", strings.help.changeSelected],
  ["e", strings.help.edit],
];

/** All devices: counts by state, filters, search and selection. The address has the filters. */
@customElement("fleet-screen")
export class FleetScreen extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap) 16px;
        padding: 12px 16px;
      }
      .title {
        display: flex;
        flex: 1;
        align-items: baseline;
        gap: 12px;
      }
      .counts,
      .chips {
        display: flex;
        flex-wrap: wrap;
        gap: var(--gap);
        padding: 0 16px 10px;
        margin: 0;
        list-style: none;
      }
      .counts button[aria-pressed="true"] {
        border-color: var(--accent);
        background: var(--selected);
      }
      .counts b {
        font-variant-numeric: tabular-nums;
      }
      .chips {
        align-items: center;
      }
      .chip {
        min-height: 30px;
        padding: 1px 10px;
        border-radius: 15px;
        border-color: var(--accent);
        background: var(--selected);
      }
      .search {
        width: min(340px, 100%);
      }
      .selection {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap) 12px;
        margin: 0 16px 10px;
        padding: 6px 12px;
        border-radius: var(--radius);
        background: var(--selected);
      }
      .empty {
        padding: 32px 16px;
      }
      @media (max-width: 600px) {
        .search {
          width: 100%;
        }
        .keys {
          display: none;
        }
        .chip {
          min-height: 44px;
          border-radius: 22px;
        }
      }
      .empty pre {
        overflow-x: auto;
        padding: 10px;
        border-radius: var(--radius);
        background: var(--raised);
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private active: string | undefined;
  @query("fleet-table") private readonly table!: FleetTable | null;
  @query(".search") private readonly searchField!: HTMLInputElement;
  @query("key-help") private readonly help!: KeyHelp;
  private view: FleetView = readView(new URLSearchParams());
  private shown: Shown = shownBy(this.view, []);

  constructor() {
    super();
    new Listening(this, deviceStore, selection, session);
    new KeyBindings(this, {
      "/": () => {
        this.searchField.select();
      },
      "?": () => {
        this.help.show();
      },
      j: () => {
        this.move(1);
      },
      k: () => {
        this.move(-1);
      },
      ArrowDown: () => {
        this.move(1);
      },
      ArrowUp: () => {
        this.move(-1);
      },
      x: () => {
        if (this.active !== undefined && !session.mayOnlyLook) selection.toggle(this.active);
      },
      a: () => {
        this.selectAll();
      },
      b: () => {
        this.changeSelected();
      },
      Enter: () => {
        this.open();
      },
      e: () => {
        if (!session.mayOnlyLook) this.open("edit");
      },
      d: () => {
        this.open("diff");
      },
      Escape: () => {
        if (this.searchField.matches(":focus")) this.searchField.blur();
        else selection.clear();
      },
    });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("address")) this.view = readView(this.address.query);
    this.shown = shownBy(this.view, deviceStore.devices.values());
    if (deviceStore.isComplete) selection.keepOnly((mac) => deviceStore.devices.has(mac));
  }

  protected override render(): unknown {
    const { devices, counts } = this.shown;
    return html`
      <div class="top">
        <div class="title">
          <h1>${strings.fleet.heading}</h1>
          <span class="faint" role="status">${this.countOfShown()}</span>
        </div>
        <input
          class="search"
          type="search"
          aria-label=${strings.fleet.search}
          placeholder=${strings.fleet.search}
          title=${strings.fleet.searchKey}
          maxlength="200"
          .value=${this.view.search}
          @input=${this.onSearch}
        />
        ${
          session.mayChange && selection.size === 0 && devices.length > 0
            ? html`<button class="plain" title="a" @click=${this.selectAll}>
                ${strings.fleet.selectAll(counted(devices.length))}
              </button>`
            : nothing
        }
        <button
          class="plain keys"
          title="?"
          @click=${() => {
            this.help.show();
          }}
        >
          ${strings.help.open}
        </button>
      </div>
      ${this.counts(counts)} ${this.chips()} ${this.selectionBar()}
      ${
        devices.length > 0
          ? html`<fleet-table
              .devices=${devices}
              .sort=${this.view.sort}
              .isDescending=${this.view.isDescending}
              .active=${this.active}
              @sort=${this.onSort}
              @tag=${this.onTag}
            ></fleet-table>`
          : this.empty()
      }
      <key-help
        .keys=${[
          ["/", strings.help.search],
          ["j k", strings.help.move],
          ...(session.mayOnlyLook ? [] : CHANGING),
          ["Enter", strings.help.show],
          ["d", strings.help.diff],
          ["Esc", strings.help.escape],
          ["?", strings.help.help],
        ]}
      ></key-help>
    `;
  }

  private countOfShown(): string {
    if (!deviceStore.isComplete && deviceStore.devices.size === 0) return strings.loading;
    return strings.fleet.shown(this.shown.devices.length, deviceStore.devices.size);
  }

  private counts({ states, overdue, all }: Counts): unknown {
    const { states: chosen } = this.view;
    return html`<ul class="counts" aria-label=${strings.fleet.counts}>
      <li>
        <button
          aria-pressed=${chosen.length === 0 && !this.view.overdue ? "true" : "false"}
          @click=${() => {
            this.go({ states: [], overdue: false });
          }}
        >
          <b>${counted(all)}</b> ${strings.fleet.all}
        </button>
      </li>
      ${STATES.map(
        (each) =>
          html`<li>
            <button
              aria-pressed=${chosen.includes(each) ? "true" : "false"}
              @click=${() => {
                this.toggleState(each);
              }}
            >
              <b>${counted(states[each])}</b> <device-state .state=${each}></device-state>
            </button>
          </li>`,
      )}
      ${
        overdue > 0 || this.view.overdue
          ? html`<li>
              <button
                title=${strings.overdueMeaning}
                aria-pressed=${this.view.overdue ? "true" : "false"}
                @click=${() => {
                  this.go({ overdue: !this.view.overdue });
                }}
              >
                <b>${counted(overdue)}</b> ${strings.overdue}
              </button>
            </li>`
          : nothing
      }
    </ul>`;
  }

  private chips(): unknown {
    const { view } = this;
    const chips: [string, Partial<FleetView>][] = [
      ...view.states.map((each): [string, Partial<FleetView>] => [
        strings.states[each],
        { states: view.states.filter((other) => other !== each) },
      ]),
      ...(view.overdue ? [[strings.overdue, { overdue: false }] as [string, Partial<FleetView>]] : []),
      ...view.tags.map((tag): [string, Partial<FleetView>] => [
        tag.startsWith("!") ? strings.fleet.filterNotTag(tag.slice(1)) : strings.fleet.filterTag(tag),
        { tags: view.tags.filter((other) => other !== tag) },
      ]),
      ...(view.firmware
        ? [[strings.fleet.filterFirmware(view.firmware), { firmware: "" }] as [string, Partial<FleetView>]]
        : []),
      ...(view.search
        ? [[strings.fleet.filterSearch(view.search), { search: "" }] as [string, Partial<FleetView>]]
        : []),
    ];
    if (chips.length === 0) return nothing;
    return html`<ul class="chips" aria-label=${strings.fleet.filters}>
      ${chips.map(
        ([text, without]) =>
          html`<li>
            <button
              class="chip"
              aria-label=${strings.fleet.removeFilter(text)}
              @click=${() => {
                this.go(without);
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
            this.go({ states: [], overdue: false, tags: [], firmware: "", search: "" });
          }}
        >
          ${strings.fleet.clearFilters}
        </button>
      </li>
    </ul>`;
  }

  private selectionBar(): unknown {
    if (selection.size === 0 || session.mayOnlyLook) return nothing;
    const { devices } = this.shown;
    const unproven = selection.macs.filter(
      (mac) => deviceStore.devices.get(mac)?.state === "delivered",
    ).length;
    const areAll = devices.every((device) => selection.has(device.mac_address));
    return html`<div class="selection" role="status">
      <b>${strings.fleet.selected(counted(selection.size))}</b>
      ${
        areAll
          ? nothing
          : html`<button @click=${this.selectAll}>
              ${strings.fleet.selectAll(counted(devices.length))}
            </button>`
      }
      <button class="primary" title="b" @click=${this.changeSelected}>${strings.fleet.changeSelected}</button>
      <button
        @click=${() => {
          navigate(sheetAddress(selection.macs));
        }}
      >
        ${strings.labels.heading}
      </button>
      <button
        class="plain"
        @click=${() => {
          selection.clear();
        }}
      >
        ${strings.fleet.clearSelection}
      </button>
      ${unproven > 0 ? html`<span class="faint">${strings.fleet.onlyDelivered(counted(unproven))}</span>` : nothing}
    </div>`;
  }

  private empty(): unknown {
    if (!deviceStore.isComplete) return nothing;
    if (deviceStore.devices.size > 0) return html`<p class="empty">${strings.fleet.noMatch}</p>`;
    return html`<div class="empty">
      <p>${strings.fleet.none}</p>
      ${session.mayOnlyLook ? nothing : this.firstStep()}
    </div>`;
  }

  private firstStep(): unknown {
    return html`<p>${strings.fleet.noneStep}</p>
      <pre
        tabindex="0"
      ><code>curl -X PUT ${location.origin}/api/configs/by-mac/aa:bb:cc:dd:ee:ff -H 'Content-Type: application/json' -d '{"content": {"deviceName": "Porch"}}'</code></pre>`;
  }

  private go(change: Partial<FleetView>, { replace = false } = {}): void {
    navigate(addressOf({ ...this.view, ...change }), { replace });
  }

  private toggleState(each: State): void {
    const { states } = this.view;
    this.go({ states: states.includes(each) ? states.filter((other) => other !== each) : [...states, each] });
  }

  private onSearch(): void {
    this.go({ search: this.searchField.value }, { replace: true });
  }

  private onSort({ detail: sort }: CustomEvent<Column>): void {
    this.go({ sort, isDescending: this.view.sort === sort && !this.view.isDescending });
  }

  private onTag({ detail: tag }: CustomEvent<string>): void {
    if (!this.view.tags.includes(tag)) this.go({ tags: [...this.view.tags, tag] });
  }

  private move(step: number): void {
    const { devices } = this.shown;
    const index = devices.findIndex((device) => device.mac_address === this.active);
    const next = devices[index < 0 ? 0 : Math.max(0, Math.min(devices.length - 1, index + step))];
    if (!next) return;
    this.active = next.mac_address;
    this.table?.reveal(next.mac_address);
  }

  private selectAll(): void {
    if (!session.mayOnlyLook) selection.add(this.shown.devices.map((device) => device.mac_address));
  }

  /** Go on with the selection as it is now. */
  private changeSelected(): void {
    if (!session.mayOnlyLook && selection.size > 0) navigate(jobAddress(begin(selection.macs)));
  }

  private open(more = ""): void {
    if (this.active !== undefined) navigate(deviceAddress(this.active, more));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "fleet-screen": FleetScreen;
  }
}
