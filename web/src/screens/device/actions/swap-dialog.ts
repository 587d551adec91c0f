import { css, html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { api, content, type Schemas } from "../../../api/client.ts";
import { wholeAddress } from "../../../devices/mac-address.ts";
import { moved } from "../../../documents/config-actions.ts";
import { readDraft, keepDraft, dropDraft } from "../../../documents/drafts.ts";
import { readConfig } from "../../../documents/stored-config.ts";
import "../../../parts/action-dialog.ts";
import type { ActionDialog } from "../../../parts/action-dialog.ts";
import "../../../parts/relative-time.ts";
import { controls } from "../../../parts/shared-styles.ts";
import { report } from "../../../shell/errors.ts";
import { strings } from "../../../strings/strings.ts";

/** New boards that are offered: those that asked last. */
const OFFERED = 8;

/** Moves the config of a device to another board, after it has said what that does. Event: `moved`, with the new MAC address. */
@customElement("swap-dialog")
export class SwapDialog extends LitElement {
  static override styles = [
    controls,
    css`
      ul {
        display: grid;
        gap: 4px;
        margin: 0 0 12px;
        padding-inline-start: 20px;
      }
      label.field {
        display: grid;
        gap: 4px;
      }
      fieldset {
        margin: 12px 0 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
        color: var(--faint);
      }
      .offer {
        display: flex;
        align-items: center;
        gap: var(--gap);
        min-height: 34px;
      }
      [type="radio"] {
        min-height: 18px;
      }
      @media (max-width: 600px) {
        .offer {
          min-height: 44px;
        }
      }
    `,
  ];

  @state() private mac = "";
  @state() private text = "";
  @state() private boards: readonly Schemas["NewDevice"][] = [];
  private revision = 0;
  @query("action-dialog") private readonly dialog!: ActionDialog;

  async show(mac: string): Promise<void> {
    this.mac = mac;
    this.text = "";
    this.boards = [];
    await this.dialog.show();
    try {
      const [config, { new_devices: boards }] = await Promise.all([
        readConfig(mac),
        content(api.GET("/api/new-devices")),
      ]);
      this.revision = config.revision;
      this.boards = boards.slice(0, OFFERED);
    } catch (error) {
      this.dialog.close();
      report(error);
    }
  }

  private get chosen(): string | undefined {
    const address = wholeAddress(this.text);
    return address === this.mac ? undefined : address;
  }

  protected override render(): unknown {
    const { actions } = strings;
    return html`<action-dialog
      .heading=${actions.swapOf(this.mac)}
      .action=${actions.swap}
      .isReady=${this.chosen !== undefined}
      .act=${this.act}
    >
      <ul>
        ${actions.swapMeaning.map((sentence) => html`<li>${sentence}</li>`)}
      </ul>
      <label class="field">
        ${actions.newMac}
        <input
          class="mono"
          name="mac"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          maxlength="40"
          placeholder="aa:bb:cc:dd:ee:ff"
          .value=${this.text}
          @input=${(event: Event) => {
            this.text = (event.target as HTMLInputElement).value;
          }}
        />
      </label>
      ${this.offers()}
    </action-dialog>`;
  }

  private offers(): unknown {
    if (this.boards.length === 0) return nothing;
    return html`<fieldset>
      <legend>${strings.actions.askingBoards}</legend>
      ${this.boards.map(
        ({ mac_address: mac, last_seen: seen }) =>
          html`<label class="offer">
            <input
              type="radio"
              name="board"
              .checked=${mac === this.chosen}
              @change=${() => {
                this.text = mac;
              }}
            />
            <span class="mono">${mac}</span>
            <span class="faint">${strings.newBoards.asked} <relative-time .at=${seen}></relative-time></span>
          </label>`,
      )}
    </fieldset>`;
  }

  private readonly act = async (message: string | null): Promise<void> => {
    const { mac, chosen } = this;
    if (chosen === undefined) return;
    await moved(mac, this.revision, chosen, message);
    // What was typed goes where the config goes.
    const draft = readDraft(mac);
    if (draft && !readDraft(chosen) && keepDraft(chosen, draft)) dropDraft(mac);
    this.dispatchEvent(new CustomEvent("moved", { detail: chosen }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "swap-dialog": SwapDialog;
  }
}
