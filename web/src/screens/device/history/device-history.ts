import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { difference } from "../../../documents/stored-config.ts";
import { comparedBy, picked } from "../../../history/compared.ts";
import "../../../history/revision-comparison.ts";
import "../../../history/revision-entry.ts";
import type { Differences } from "../../../history/revisions.ts";
import { Listening } from "../../../parts/listening.ts";
import { controls } from "../../../parts/shared-styles.ts";
import { deviceAddress, navigate } from "../../../router.ts";
import { session } from "../../../session/session.ts";
import { counted, strings } from "../../../strings/strings.ts";
import { type Revision, RevisionLog } from "./revision-log.ts";
import "./roll-back-dialog.ts";
import type { RollBackDialog, RolledBack } from "./roll-back-dialog.ts";

/** All changes of a device's config: who, when, why; any two compared, and the way back. Event: `rolled-back`. */
@customElement("device-history")
export class DeviceHistory extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        min-width: 0;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px 16px;
      }
      ol {
        margin: 0 0 0 8px;
        padding: 0;
        list-style: none;
      }
      li:last-child > * {
        border-color: transparent;
      }
      p {
        margin: 0;
      }
    `,
  ];

  @property({ attribute: false }) mac = "";
  /** Whether the device has a config now. */
  @property({ attribute: false }) exists = true;
  /** The query of the page: which revisions are compared. */
  @property({ attribute: false }) view = new URLSearchParams();
  @state() private picks: readonly number[] = [];
  @query("roll-back-dialog") private readonly dialog!: RollBackDialog;
  private readonly log = new RevisionLog(this);

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("mac")) this.log.show(this.mac);
    if (!changed.has("view")) return;
    // One that was chosen alone is not in the address.
    const compared = comparedBy(this.view);
    if (compared || this.picks.length > 1) this.picks = compared ?? [];
  }

  protected override render(): unknown {
    const { log, picks } = this;
    const { history } = strings;
    const [from, to] = picks;
    return html`
      <div class="head">
        <h2>${history.title}</h2>
        <a href=${`/changes?device=${this.mac}`}>${history.withTags}</a>
      </div>
      ${
        from !== undefined && to !== undefined
          ? html`<revision-comparison
              .subject=${this.mac}
              .differences=${this.differences}
              .from=${from}
              .to=${to}
              @close=${() => {
                this.compare([]);
              }}
            ></revision-comparison>`
          : nothing
      }
      <p class=${from === undefined || to !== undefined ? "hidden" : "faint"} role="status">
        ${from === undefined || to !== undefined ? nothing : history.pickSecond(counted(from))}
      </p>
      <ol aria-label=${history.title} aria-busy=${log.isLoading ? "true" : "false"}>
        ${repeat(
          log.entries,
          ({ revision }) => revision,
          (entry, index) => html`<li>${this.entry(entry, index === 0)}</li>`,
        )}
      </ol>
      ${this.footing()}
      <roll-back-dialog @rolled-back=${this.onRolledBack}></roll-back-dialog>
    `;
  }

  private entry(entry: Revision, isNewest: boolean): unknown {
    const { revision, etag } = entry;
    return html`<revision-entry
      .subject=${this.mac}
      .differences=${this.differences}
      .revision=${entry}
      .isCurrent=${isNewest && this.exists}
      .isPicked=${this.picks.includes(revision)}
      .hasWayBack=${this.exists && !isNewest && etag !== null && session.mayChange}
      @pick=${() => {
        this.compare(picked(this.picks, revision));
      }}
      @back=${() => this.dialog.show(this.mac, revision)}
    ></revision-entry>`;
  }

  private readonly differences: Differences = async (from, to) =>
    (await difference(this.mac, from, to)).unified_diff;

  private footing(): unknown {
    const { log } = this;
    if (log.isLoading) return html`<p class="faint">${strings.loading}</p>`;
    if (log.isPruned) return html`<p class="faint">${strings.history.pruned}</p>`;
    if (log.isRead && log.next === null) return nothing;
    return html`<p>
      <button
        @click=${() => {
          log.more();
        }}
      >
        ${log.isRead ? strings.history.older : strings.retry}
      </button>
    </p>`;
  }

  /** Two revisions stand in the address; one that waits for a second does not. */
  private compare(picks: readonly number[]): void {
    this.picks = picks;
    const [from, to] = picks;
    const query = from !== undefined && to !== undefined ? `from=${from}&to=${to}` : "";
    if (query !== "" || comparedBy(this.view)) navigate(deviceAddress(this.mac, query), { replace: true });
  }

  private onRolledBack({ detail }: CustomEvent<RolledBack>): void {
    this.dispatchEvent(new CustomEvent<RolledBack>("rolled-back", { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "device-history": DeviceHistory;
  }
}
