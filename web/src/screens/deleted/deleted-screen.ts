import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { api, content } from "../../api/client.ts";
import { deviceLink } from "../../devices/device-link.ts";
import { deviceStore } from "../../devices/device-store.ts";
import "../../parts/action-dialog.ts";
import type { ActionDialog } from "../../parts/action-dialog.ts";
import { lists } from "../../parts/list-styles.ts";
import { Listening } from "../../parts/listening.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import type { Address } from "../../router.ts";
import { session } from "../../session/session.ts";
import { strings } from "../../strings/strings.ts";
import { type DeletedConfig, DeletedList, type Former } from "./deleted-list.ts";

/** What was deleted, and the way back; and the boards that were replaced. */
@customElement("deleted-screen")
export class DeletedScreen extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      .row {
        grid-template-columns: minmax(200px, 2fr) minmax(160px, 2fr) minmax(120px, 1fr) auto;
      }
      .replaced .row {
        grid-template-columns: 180px 1fr 1fr;
      }
      h2 {
        margin-top: 24px;
      }
      @media (max-width: 600px) {
        .row,
        .replaced .row {
          grid-template-columns: 1fr;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private chosen: DeletedConfig | undefined;
  @state() private restored = "";
  @query("action-dialog") private readonly dialog!: ActionDialog;
  private readonly list = new DeletedList(this);

  constructor() {
    super();
    new Listening(this, deviceStore, session);
  }

  protected override render(): unknown {
    const { deleted } = strings;
    const { configs, next } = this.list;
    return html`
      <div class="top">
        <div class="title"><h1>${deleted.heading}</h1></div>
      </div>
      <p class=${this.restored ? "said" : "hidden"} role="status">
        ${this.restored ? html`${deleted.restored} ${deviceLink(this.restored)}` : nothing}
      </p>
      ${
        configs === undefined
          ? strings.loading
          : configs.length === 0
            ? html`<div class="empty">
                <p>${deleted.none}</p>
                <p>${deleted.noneStep}</p>
              </div>`
            : html`<ul class="rows" aria-label=${deleted.heading}>
                ${repeat(
                  configs,
                  (config) => config.id,
                  (config) => this.row(config),
                )}
              </ul>`
      }
      ${
        next === null
          ? nothing
          : html`<p class="after"><button @click=${() => this.list.more()}>${deleted.older}</button></p>`
      }
      ${this.replaced()}
      <action-dialog
        .heading=${deleted.restoreDevice(this.chosen ? nameOf(this.chosen) : "")}
        .action=${deleted.restore}
        .act=${this.restore}
      >
        <p>${deleted.restoring}</p>
      </action-dialog>
    `;
  }

  private row(config: DeletedConfig): unknown {
    const { deleted } = strings;
    const lastSeen = this.list.former.get(config.mac_address)?.last_seen ?? null;
    return html`<li class="row">
      <span
        >${config.device_name === null ? nothing : html`<b><bdi>${config.device_name}</bdi></b>`}
        <span class="faint mono">${config.mac_address}</span></span
      >
      <div>
        <p>
          <bdi>${deleted.deletedBy(config.author)}</bdi>
          <relative-time .at=${config.deleted_at}></relative-time>
        </p>
        ${config.message === null ? nothing : html`<p><bdi>${config.message}</bdi></p>`}
      </div>
      <span class="faint">${deleted.lastSign}: <relative-time .at=${lastSeen}></relative-time></span>
      ${
        session.mayChange
          ? html`<button
              aria-label=${deleted.restoreDevice(nameOf(config))}
              @click=${() => {
                this.chosen = config;
                void this.dialog.show();
              }}
            >
              ${deleted.restore}
            </button>`
          : nothing
      }
    </li>`;
  }

  private replaced(): unknown {
    const { replaced } = this.list;
    if (replaced.length === 0) return nothing;
    return html`
      <h2>${strings.deleted.replaced}</h2>
      <p class="faint">${strings.deleted.replacedMeaning}</p>
      <ul class="rows replaced" aria-label=${strings.deleted.replaced}>
        ${replaced.map(
          ({ mac_address, replaced_by, last_seen }: Former) =>
            html`<li class="row">
              <span class="mono">${mac_address}</span>
              <span
                >${strings.deleted.replacedBy}
                ${replaced_by === null ? nothing : deviceLink(replaced_by)}</span
              >
              <span class="faint"
                >${strings.deleted.lastSign}: <relative-time .at=${last_seen}></relative-time
              ></span>
            </li>`,
        )}
      </ul>
    `;
  }

  private readonly restore = async (message: string | null): Promise<void> => {
    if (!this.chosen) return;
    const { id, mac_address } = this.chosen;
    const query = message === null ? {} : { message };
    await content(api.POST("/api/deleted-configs/{id}/restore", { params: { path: { id }, query } }));
    this.restored = mac_address;
    this.list.refresh();
  };
}

function nameOf({ device_name, mac_address }: DeletedConfig): string {
  return device_name ?? mac_address;
}

declare global {
  interface HTMLElementTagNameMap {
    "deleted-screen": DeletedScreen;
  }
}
