import { css, html, LitElement } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { api, content } from "../../api/client.ts";
import "../../devices/device-picker.ts";
import { deviceStore } from "../../devices/device-store.ts";
import "../../parts/action-dialog.ts";
import type { ActionDialog } from "../../parts/action-dialog.ts";
import { controls } from "../../parts/shared-styles.ts";
import { strings } from "../../strings/strings.ts";

const EXAMPLE = '{\n  "deviceName": ""\n}\n';

/** Gives a new board its first config: that of another device, or content of its own. Event: `adopted`. */
@customElement("adopt-dialog")
export class AdoptDialog extends LitElement {
  static override styles = [
    controls,
    css`
      .ways {
        display: grid;
        gap: 12px;
      }
      .way {
        display: flex;
        align-items: center;
        gap: var(--gap);
        min-height: 34px;
      }
      .content {
        display: grid;
        gap: 4px;
      }
      textarea {
        font: 0.92em/1.45 var(--mono);
        resize: vertical;
      }
      @media (max-width: 600px) {
        .way {
          min-height: 44px;
        }
      }
    `,
  ];

  @state() private mac = "";
  @state() private isLike = true;
  @state() private template = "";
  @state() private text = EXAMPLE;
  @query("action-dialog") private readonly dialog!: ActionDialog;

  /** Open for a board. What was chosen for the one before it stays: boards come in numbers. */
  async show(mac: string): Promise<void> {
    this.mac = mac;
    if (deviceStore.isComplete && deviceStore.devices.size === 0) this.isLike = false;
    await this.dialog.show();
  }

  protected override render(): unknown {
    const { newBoards } = strings;
    return html`<action-dialog
      .heading=${newBoards.adoptBoard(this.mac)}
      .action=${newBoards.adopt}
      .isReady=${this.isLike ? this.template !== "" : this.text.trim() !== ""}
      .act=${this.act}
    >
      <div class="ways">
        <div>${this.way(true, newBoards.like)} ${this.way(false, newBoards.withContent)}</div>
        ${
          this.isLike
            ? html`<device-picker
                .picked=${this.template}
                @pick=${({ detail }: CustomEvent<string>) => {
                  this.template = detail;
                }}
              ></device-picker>`
            : html`<label class="content">
                ${newBoards.content}
                <textarea
                  rows="10"
                  spellcheck="false"
                  autocapitalize="off"
                  .value=${this.text}
                  @input=${(event: Event) => {
                    this.text = (event.target as HTMLTextAreaElement).value;
                  }}
                ></textarea>
              </label>`
        }
      </div>
    </action-dialog>`;
  }

  private way(isLike: boolean, text: string): unknown {
    return html`<label class="way">
      <input
        type="radio"
        name="way"
        .checked=${this.isLike === isLike}
        @change=${() => {
          this.isLike = isLike;
        }}
      />
      ${text}
    </label>`;
  }

  private readonly act = async (message: string | null): Promise<void> => {
    const { mac } = this;
    // The text is sent as text: the service keeps it as it was written, and says where it is no JSON.
    const given = this.isLike ? { like: this.template } : { content: this.text };
    const body = { ...given, ...(message !== null && { message }) };
    await content(api.POST("/api/new-devices/{mac}/adopt", { params: { path: { mac } }, body }));
    this.dispatchEvent(new CustomEvent("adopted", { detail: mac }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "adopt-dialog": AdoptDialog;
  }
}
