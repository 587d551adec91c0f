import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { api, content, type Schemas } from "../../api/client.ts";
import "../../devices/device-state.ts";
import { deviceStore } from "../../devices/device-store.ts";
import { wholeAddress } from "../../devices/mac-address.ts";
import "../../documents/device-document.ts";
import type { DeviceDocument } from "../../documents/device-document.ts";
import { difference } from "../../documents/stored-config.ts";
import "../../parts/key-help.ts";
import type { KeyHelp } from "../../parts/key-help.ts";
import { KeyBindings } from "../../parts/keys.ts";
import { Listening } from "../../parts/listening.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import "../../parts/unified-diff.ts";
import { type Address, deviceAddress, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";
import { lastChange } from "../../undo/undoable.ts";
import "./actions/device-actions.ts";
import "./composed/composed-document.ts";
import "./device-evidence.ts";
import { type End, endOf } from "./former/end-of-device.ts";
import "./former/former-device.ts";
import "./history/device-history.ts";
import "./label-view.ts";
import type { RolledBack } from "./history/roll-back-dialog.ts";

/** One device: its state in a sentence with the evidence behind it, and its document. */
@customElement("device-screen")
export class DeviceScreen extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 16px;
        align-content: start;
        grid-template-columns: minmax(0, 1fr);
        padding: 12px 16px 24px;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: var(--gap) 16px;
      }
      .names {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px 12px;
        overflow-wrap: anywhere;
      }
      .sentence {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 12px;
        padding: 10px 12px;
        border-radius: var(--radius);
        background: var(--raised);
        font-size: 1.07rem;
      }
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 32px;
        margin: 0;
      }
      dt {
        color: var(--faint);
        font-size: 0.87em;
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      summary {
        cursor: pointer;
      }
      details > :not(summary) {
        margin-top: 8px;
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private device: Schemas["Device"] | undefined;
  @state() private heldAndWanted: string | undefined;
  /** Whether its documents have other numbers than the revisions of its content. */
  @state() private isComposed = false;
  /** Why there is no device. */
  @state() private end: End | undefined;
  @state() private isUnknown = false;
  @query("device-document") private readonly documentView!: DeviceDocument | null;
  @query("key-help") private readonly help!: KeyHelp | null;
  private shownMac = "";
  private seen: unknown;

  constructor() {
    super();
    new Listening(this, deviceStore, session);
    new KeyBindings(this, {
      e: () => {
        this.documentView?.edit();
      },
      d: () => {
        navigate(deviceAddress(this.mac, "diff"), { replace: true });
      },
      "?": () => {
        this.help?.show();
      },
    });
  }

  private get mac(): string {
    const given = this.address.parameters["mac"] ?? "";
    return wholeAddress(given) ?? given;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.shownMac !== this.mac) {
      this.device = this.heldAndWanted = this.end = undefined;
      this.isUnknown = false;
    }
    this.shownMac = this.mac;
    // An event of the device has the newest state, and not the evidence.
    const listed = deviceStore.devices.get(this.mac);
    if (changed.has("address") || listed !== this.seen) {
      this.seen = listed;
      void this.load();
    }
  }

  protected override render(): unknown {
    const { device } = this;
    if (!device) return this.withoutDevice();
    const name = device.device_name ?? device.mac_address;
    return html`
      <div class="top">
        <div class="names">
          <h1 tabindex="-1"><bdi>${name}</bdi></h1>
          <span class="mono">${device.mac_address}</span>
        </div>
        <device-actions .mac=${device.mac_address} .name=${name} @deleted=${this.startAgain}></device-actions>
      </div>
      <div class="sentence" role="status">
        <device-state .state=${device.state} .overdue=${device.overdue}></device-state>
        <span lang="en">${device.why}</span>
      </div>
      <details>
        <summary>${strings.device.evidence}</summary>
        <device-evidence .evidence=${device.evidence ?? []}></device-evidence>
      </details>
      ${this.facts(device)} ${this.comparison(device)}
      <composed-document .mac=${device.mac_address} .newest=${device.wanted}></composed-document>
      <device-document
        .mac=${device.mac_address}
        .newest=${device.wanted}
        .edits=${this.address.query.has("edit")}
        @saved=${this.load}
      ></device-document>
      <label-view .mac=${device.mac_address} .name=${device.device_name}></label-view>
      <device-history
        .mac=${device.mac_address}
        .view=${this.address.query}
        @rolled-back=${this.onRolledBack}
      ></device-history>
      <key-help
        .keys=${[
          ["e", strings.help.edit],
          [saveKey(), strings.help.review],
          ["d", strings.help.diff],
          ["?", strings.help.help],
        ]}
      ></key-help>
    `;
  }

  private withoutDevice(): unknown {
    const { end, mac } = this;
    if (this.isUnknown)
      return html`<h1 tabindex="-1">${strings.former.unknown}</h1>
        <p><a href="/">${strings.toFleet}</a></p>
        ${session.mayChange ? html`<p><a href=${`/new-boards?q=${mac}`}>${strings.former.adopt}</a></p>` : nothing}`;
    if (!end) return nothing;
    return html`
      <former-device .mac=${mac} .end=${end} @restored=${this.startAgain}></former-device>
      ${
        end.kind === "deleted"
          ? html`<device-history .mac=${mac} .exists=${false} .view=${this.address.query}></device-history>`
          : nothing
      }
    `;
  }

  private facts({ last_seen, firmware, online, tags, note }: Schemas["Device"]): unknown {
    const facts: [string, unknown][] = [
      [strings.fleet.seen, html`<relative-time .at=${last_seen}></relative-time>`],
    ];
    if (firmware !== null) facts.push([strings.device.firmware, firmware]);
    if (online !== null) facts.push([strings.device.connection, online ? strings.online : strings.offline]);
    if (tags.length > 0) facts.push([strings.fleet.tags, tags.join(", ")]);
    if (note !== null && note !== "") facts.push([strings.device.note, html`<bdi>${note}</bdi>`]);
    return html`<dl>
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`;
  }

  private comparison({ held, wanted }: Schemas["Device"]): unknown {
    const isAsked = this.address.query.has("diff");
    if (held === wanted || (held === null && !isAsked)) return nothing;
    return html`<details ?open=${isAsked} @toggle=${this.compare}>
      <summary>${strings.device.heldAndWanted}</summary>
      ${
        held === null
          ? html`<p class="faint">${strings.device.unknownHeld}</p>`
          : this.isComposed
            ? html`<p class="faint">${strings.device.composedHeld}</p>`
            : this.heldAndWanted === undefined
              ? nothing
              : html`<unified-diff .text=${this.heldAndWanted}></unified-diff>`
      }
    </details>`;
  }

  private async load(): Promise<void> {
    const { mac } = this;
    try {
      const device = await content(api.GET("/api/devices/{mac}", { params: { path: { mac } } }));
      if (mac !== this.mac) return;
      this.device = device;
      this.end = undefined;
      this.isUnknown = false;
    } catch (error) {
      await this.explain(mac, error);
    }
  }

  /** Say why there is no device. */
  private async explain(mac: string, refusal: unknown): Promise<void> {
    try {
      const end = await endOf(mac, refusal);
      if (mac !== this.mac) return;
      this.device = undefined;
      this.end = end;
      this.isUnknown = end === undefined;
      if (end === undefined) report(refusal);
    } catch (error) {
      if (mac === this.mac) report(error);
    }
  }

  /** What was under the focus is gone: a screen reader begins to read again. */
  private async startAgain(): Promise<void> {
    await this.load();
    await this.updateComplete;
    const root = this.renderRoot.querySelector("former-device")?.renderRoot ?? this.renderRoot;
    root.querySelector("h1")?.focus();
  }

  private onRolledBack({ detail: { change, to } }: CustomEvent<RolledBack>): void {
    if (this.device) {
      const { mac_address: mac, device_name: name } = this.device;
      lastChange.offer({ said: strings.undo.rolledBack(name ?? mac, counted(to)), change, mac });
    }
    void this.load();
  }

  private async compare(): Promise<void> {
    const { device } = this;
    if (typeof device?.held !== "number") return;
    try {
      const params = { path: { mac: device.mac_address } };
      const { number, revision } = await content(api.GET("/api/devices/{mac}/document", { params }));
      // Held and wanted are document numbers. They are those of revisions until a layer has made one.
      this.isComposed = number !== revision;
      if (this.isComposed) return;
      this.heldAndWanted = (await difference(device.mac_address, device.held, device.wanted)).unified_diff;
    } catch (error) {
      report(error);
    }
  }
}

/** The key that reviews and saves, as the editor has it. */
function saveKey(): string {
  return /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘S" : "Ctrl+S";
}

declare global {
  interface HTMLElementTagNameMap {
    "device-screen": DeviceScreen;
  }
}
