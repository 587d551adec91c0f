import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import "../../parts/action-dialog.ts";
import type { ActionDialog } from "../../parts/action-dialog.ts";
import { lists } from "../../parts/list-styles.ts";
import { Listening } from "../../parts/listening.ts";
import "../../parts/relative-time.ts";
import { searchHeading } from "../../parts/search-heading.ts";
import { controls } from "../../parts/shared-styles.ts";
import { sized } from "../../parts/sizes.ts";
import { type Address, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { counted, strings } from "../../strings/strings.ts";
import { AssetList } from "./asset-list.ts";
import { type Asset, chosen } from "./assets.ts";
import "./upload-help.ts";

const PATH = "/files";
/** Rows that are shown at first, and with each step. */
const STEP = 200;

/** The files that devices fetch: firmware, fonts, sounds. The address has the search. */
@customElement("files-screen")
export class FilesScreen extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      .row {
        grid-template-columns: minmax(180px, 3fr) 90px minmax(120px, 2fr) minmax(220px, 4fr) auto;
      }
      .name {
        font-weight: 500;
      }
      .digest {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .waits {
        color: var(--warn);
      }
      details {
        padding: 16px 0;
      }
      summary {
        padding-bottom: 8px;
        cursor: pointer;
      }
      @media (max-width: 600px) {
        .row {
          grid-template-columns: 1fr auto;
        }
        .row > * {
          grid-column: 1 / -1;
        }
        .row > :nth-child(1) {
          grid-column: 1;
        }
        .row > :nth-child(2) {
          grid-column: 2;
          grid-row: 1;
        }
        .name {
          display: inline-flex;
          align-items: center;
          min-height: 44px;
        }
        .digest {
          overflow: visible;
          white-space: normal;
        }
        summary {
          padding: 11px 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private shownRows = STEP;
  @state() private asked = "";
  @state() private deleted = "";
  @query("action-dialog") private readonly dialog!: ActionDialog;
  @query(".search") private readonly searchField!: HTMLInputElement;
  private readonly list = new AssetList(this);

  constructor() {
    super();
    new Listening(this, session);
  }

  private get search(): string {
    return this.address.query.get("q") ?? "";
  }

  protected override render(): unknown {
    const { files } = strings;
    const { assets } = this.list;
    const found = chosen(assets ?? [], this.search);
    return html`
      ${searchHeading({
        heading: files.heading,
        status: assets === undefined ? strings.loading : files.found(counted(found.length), total(found)),
        label: files.search,
        limit: 255,
        search: this.search,
        onInput: this.onSearch,
      })}
      <p class=${this.deleted ? "said" : "hidden"} role="status">
        ${this.deleted ? files.deleted(this.deleted) : nothing}
      </p>
      ${
        found.length > 0
          ? html`<ul class="rows" aria-label=${files.heading}>
              ${repeat(
                found.slice(0, this.shownRows),
                ({ name }) => name,
                (asset) => this.row(asset),
              )}
            </ul>`
          : this.empty()
      }
      ${
        found.length > this.shownRows
          ? html`<p class="after"><button @click=${this.more}>${files.more}</button></p>`
          : nothing
      }
      ${
        assets?.length
          ? html`<details>
              <summary>${files.howToUpload}</summary>
              <upload-help></upload-help>
            </details>`
          : nothing
      }
      <action-dialog
        .heading=${files.deleteOf(this.asked)}
        .action=${files.delete}
        .hasReason=${false}
        .act=${this.delete}
      >
        <p>${files.deleteMeaning}</p>
        <p>${files.deleteUnknown}</p>
      </action-dialog>
    `;
  }

  private row({ name, size, sha256, stored_at, uploaded_by }: Asset): unknown {
    const { files } = strings;
    return html`<li class="row">
      <a class="name" href="/api/assets/${name}" download=${name}>${name}</a>
      <span title=${files.bytes(size)}>${sized(size)}</span>
      <div>
        <p><relative-time .at=${stored_at}></relative-time></p>
        <p class="faint">
          ${uploaded_by === null ? files.byHand : html`<bdi>${files.by(uploaded_by)}</bdi>`}
        </p>
        ${this.list.waiting.has(name) ? html`<p class="waits">${files.waits}</p>` : nothing}
      </div>
      <div class="digest mono faint" title=${`SHA-256 ${sha256}`}>
        <span class="hidden">SHA-256 </span>${sha256}
      </div>
      ${
        session.mayChange
          ? html`<button
              aria-label=${files.deleteOf(name)}
              @click=${() => {
                this.ask(name);
              }}
            >
              ${files.delete}
            </button>`
          : html`<span></span>`
      }
    </li>`;
  }

  private empty(): unknown {
    const { files } = strings;
    const { assets } = this.list;
    if (assets === undefined) return nothing;
    if (assets.length > 0) return html`<p class="empty">${files.noMatch}</p>`;
    return html`<div class="empty">
      <p>${files.none}</p>
      <upload-help></upload-help>
    </div>`;
  }

  private ask(name: string): void {
    this.asked = name;
    void this.dialog.show();
  }

  private readonly delete = async (): Promise<void> => {
    await this.list.delete(this.asked);
    this.deleted = this.asked;
  };

  private more(): void {
    this.shownRows += STEP;
  }

  private onSearch(): void {
    const q = this.searchField.value;
    this.shownRows = STEP;
    navigate(q ? `${PATH}?${new URLSearchParams({ q }).toString()}` : PATH, { replace: true });
  }
}

function total(assets: readonly Asset[]): string {
  return sized(assets.reduce((sum, { size }) => sum + size, 0));
}

declare global {
  interface HTMLElementTagNameMap {
    "files-screen": FilesScreen;
  }
}
