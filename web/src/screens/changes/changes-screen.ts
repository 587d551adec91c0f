import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Schemas } from "../../api/client.ts";
import { deviceStore } from "../../devices/device-store.ts";
import "../../parts/filter-chips.ts";
import type { Chip } from "../../parts/filter-chips.ts";
import { lists } from "../../parts/list-styles.ts";
import { controls } from "../../parts/shared-styles.ts";
import { briefly } from "../../parts/times.ts";
import { type Address, navigate } from "../../router.ts";
import { strings } from "../../strings/strings.ts";
import "./change-entry.ts";
import { grouped } from "./change-groups.ts";
import { ChangeLog } from "./change-log.ts";
import "./changes-filter.ts";
import { addressOf, ALL, type ChangesView, PATH, readView } from "./changes-view.ts";
import "./undo-dialog.ts";
import type { UndoDialog } from "./undo-dialog.ts";

/** The log of the fleet: who changed what, and the way back. The address has the filters. */
@customElement("changes-screen")
export class ChangesScreen extends LitElement {
  static override styles = [controls, lists];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private said = "";
  @query("undo-dialog") private readonly undoing!: UndoDialog;
  private view: ChangesView = ALL;
  private readonly log = new ChangeLog(this);

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("address")) return;
    this.view = readView(this.address.query);
    this.log.show(this.view);
  }

  protected override render(): unknown {
    return html`
      <div class="top">
        <div class="title"><h1>${strings.changes.heading}</h1></div>
      </div>
      <filter-chips .chips=${this.chips()} .cleared=${PATH}></filter-chips>
      <changes-filter .view=${this.view} @filter=${this.onFilter}></changes-filter>
      <p class=${this.said ? "said" : "hidden"} role="status">${this.said}</p>
      ${this.entries()}
      <undo-dialog @undone=${this.onUndone}></undo-dialog>
    `;
  }

  private entries(): unknown {
    const { log } = this;
    const groups = grouped(log.entries);
    return html`
      <ol class="rows" aria-label=${strings.changes.heading} aria-busy=${log.isLoading ? "true" : "false"}>
        ${repeat(
          groups,
          ({ entries }) => entries.at(-1)?.position,
          (group, index) =>
            html`<li>
              <change-entry
                .group=${group}
                .isCut=${log.next !== null && index === groups.length - 1}
                @filter=${this.onFilter}
                @undo=${() => this.undoing.show(group.change)}
              ></change-entry>
            </li>`,
        )}
      </ol>
      ${groups.length === 0 && log.isRead && !log.isLoading && log.next === null ? this.empty() : nothing}
      <p class="after">${this.footing()}</p>
    `;
  }

  private footing(): unknown {
    const { log } = this;
    if (log.isLoading) return strings.loading;
    if (log.isRead && log.next === null) return nothing;
    return html`<button
      @click=${() => {
        log.more();
      }}
    >
      ${log.isRead ? strings.changes.older : strings.retry}
    </button>`;
  }

  private empty(): unknown {
    if (addressOf(this.view) !== PATH) return html`<p class="empty">${strings.changes.noMatch}</p>`;
    return html`<p class="empty">
      ${strings.changes.none} <a href="/new-boards">${strings.newBoards.title}</a>
    </p>`;
  }

  private chips(): readonly Chip[] {
    const { view } = this;
    const { changes, fleet } = strings;
    const name = deviceStore.devices.get(view.device)?.device_name ?? view.device;
    const chips: [boolean, string, Partial<ChangesView>][] = [
      [view.change !== "", changes.ofWrite(view.change), { change: "" }],
      [view.device !== "", changes.chipDevice(name), { device: "" }],
      [view.author !== "", changes.chipAuthor(view.author), { author: "" }],
      [view.operation !== "", view.operation && changes.operations[view.operation], { operation: "" }],
      ...view.tags.map((tag): [boolean, string, Partial<ChangesView>] => [
        true,
        tag.startsWith("!") ? fleet.filterNotTag(tag.slice(1)) : fleet.filterTag(tag),
        { tags: view.tags.filter((other) => other !== tag) },
      ]),
      [view.from !== "", changes.chipFrom(view.from && briefly(Date.parse(view.from))), { from: "" }],
      [view.until !== "", changes.chipUntil(view.until && briefly(Date.parse(view.until))), { until: "" }],
    ];
    return chips
      .filter(([isOn]) => isOn)
      .map(([, text, without]) => ({ text, without: addressOf({ ...view, ...without }) }));
  }

  private onFilter({ detail }: CustomEvent<Partial<ChangesView>>): void {
    navigate(addressOf({ ...this.view, ...detail }));
  }

  private onUndone({ detail }: CustomEvent<Schemas["Undone"]>): void {
    this.said = strings.changes.undone(detail.change ?? "");
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "changes-screen": ChangesScreen;
  }
}
