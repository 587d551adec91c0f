import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { deleted } from "../../../documents/config-actions.ts";
import { readConfig } from "../../../documents/stored-config.ts";
import "../../../parts/action-dialog.ts";
import type { ActionDialog } from "../../../parts/action-dialog.ts";
import { Listening } from "../../../parts/listening.ts";
import { controls } from "../../../parts/shared-styles.ts";
import { deviceAddress, navigate } from "../../../router.ts";
import { session } from "../../../session/session.ts";
import { report } from "../../../shell/errors.ts";
import { strings } from "../../../strings/strings.ts";
import { lastChange } from "../../../undo/undoable.ts";
import "./announce-button.ts";
import "./swap-dialog.ts";
import type { SwapDialog } from "./swap-dialog.ts";

/** What can be done with a device: announced again, moved to another board, deleted. Event: `deleted`. */
@customElement("device-actions")
export class DeviceActions extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap);
      }
      swap-dialog {
        display: contents;
      }
      ul {
        display: grid;
        gap: 4px;
        margin: 0;
        padding-inline-start: 20px;
      }
    `,
  ];

  @property({ attribute: false }) mac = "";
  /** The name of the device, or its MAC address. */
  @property({ attribute: false }) name = "";
  @state() private isReady = false;
  private revision = 0;
  @query("action-dialog") private readonly deleting!: ActionDialog;
  @query("swap-dialog") private readonly swapping!: SwapDialog;

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override render(): unknown {
    if (!session.mayChange) return nothing;
    const { actions } = strings;
    return html`
      <announce-button .mac=${this.mac}></announce-button>
      <button @click=${() => this.swapping.show(this.mac)}>${actions.swapBoard}</button>
      <button @click=${this.askToDelete}>${actions.delete}</button>
      <action-dialog
        .heading=${actions.deleteOf(this.name)}
        .action=${actions.delete}
        .isReady=${this.isReady}
        .act=${this.delete}
      >
        <ul>
          ${actions.deleteMeaning.map((sentence) => html`<li>${sentence}</li>`)}
        </ul>
      </action-dialog>
      <swap-dialog
        @moved=${({ detail }: CustomEvent<string>) => {
          navigate(deviceAddress(detail));
        }}
      ></swap-dialog>
    `;
  }

  private async askToDelete(): Promise<void> {
    this.isReady = false;
    await this.deleting.show();
    try {
      this.revision = (await readConfig(this.mac)).revision;
      this.isReady = true;
    } catch (error) {
      this.deleting.close();
      report(error);
    }
  }

  private readonly delete = async (message: string | null): Promise<void> => {
    const { mac, name } = this;
    const change = await deleted(mac, this.revision, message);
    lastChange.offer({ said: strings.undo.deleted(name), change, mac });
    this.dispatchEvent(new Event("deleted"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "device-actions": DeviceActions;
  }
}
