import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { api, content } from "../../api/client.ts";
import { wholeAddress } from "../../devices/mac-address.ts";
import { lists } from "../../parts/list-styles.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import "../../parts/relative-time.ts";
import { searchHeading } from "../../parts/search-heading.ts";
import { controls } from "../../parts/shared-styles.ts";
import { type Address, deviceAddress, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { strings } from "../../strings/strings.ts";
import "./adopt-dialog.ts";
import type { AdoptDialog } from "./adopt-dialog.ts";
import { type Board, found, PATH } from "./boards.ts";

/** No event tells of a new board. */
const INTERVAL = 5_000;

/** Boards that ask for a document and have none: they are adopted here. The address has the search. */
@customElement("new-boards-screen")
export class NewBoardsScreen extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      .row {
        grid-template-columns: 180px 1fr 1fr 1fr auto;
      }
      .last {
        font-weight: 700;
      }
      @media (max-width: 600px) {
        .row {
          grid-template-columns: 1fr auto;
        }
        .row > :not(.mac, button) {
          grid-column: 1;
        }
        .row button {
          grid-column: 2;
          grid-row: 1 / span 4;
        }
        .mac {
          font-size: 1.1em;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private boards: readonly Board[] | undefined;
  @state() private adopted = "";
  @query("adopt-dialog") private readonly dialog!: AdoptDialog;
  @query(".search") private readonly searchField!: HTMLInputElement;
  private readonly refreshing = new Refreshing(this, () => this.read(), INTERVAL);

  private get search(): string {
    return this.address.query.get("q") ?? "";
  }

  protected override render(): unknown {
    const { newBoards } = strings;
    const shown = found(this.boards ?? [], this.search);
    return html`
      ${searchHeading({
        heading: newBoards.heading,
        status: this.boards ? newBoards.shown(shown.length, this.boards.length) : strings.loading,
        label: newBoards.search,
        limit: 17,
        search: this.search,
        onInput: this.onSearch,
      })}
      <p class=${this.adopted ? "said" : "hidden"} role="status">${this.said()}</p>
      ${
        shown.length > 0
          ? html`<ul class="rows" aria-label=${newBoards.heading}>
              ${repeat(
                shown,
                (board) => board.mac_address,
                (board) => this.row(board),
              )}
            </ul>`
          : this.empty()
      }
      <adopt-dialog @adopted=${this.onAdopted}></adopt-dialog>
    `;
  }

  private row({ mac_address: mac, source, first_seen, last_seen }: Board): unknown {
    const { newBoards } = strings;
    return html`<li class="row">
      <span class="mac mono">${mac.slice(0, -5)}<span class="last">${mac.slice(-5)}</span></span>
      <span>${newBoards.asked} <relative-time .at=${last_seen}></relative-time></span>
      <span class="faint">${newBoards.since} <relative-time .at=${first_seen}></relative-time></span>
      <span class="faint"
        >${source ? html`${newBoards.source} <span class="mono">${source}</span>` : nothing}</span
      >
      ${this.adoptButton(mac)}
    </li>`;
  }

  private adoptButton(mac: string): unknown {
    if (!session.mayChange) return nothing;
    return html`<button aria-label=${strings.newBoards.adoptBoard(mac)} @click=${() => this.dialog.show(mac)}>
      ${strings.newBoards.adopt}
    </button>`;
  }

  private empty(): unknown {
    if (!this.boards) return nothing;
    const { newBoards } = strings;
    const whole = wholeAddress(this.search);
    if (whole !== undefined) {
      return html`<p class="empty">${newBoards.notYet(whole)} ${this.adoptButton(whole)}</p>`;
    }
    if (this.boards.length > 0) return html`<p class="empty">${newBoards.noMatch}</p>`;
    return html`<div class="empty">
      <p>${newBoards.none}</p>
      <p>${newBoards.noneStep}</p>
      <pre tabindex="0"><code>curl ${location.origin}/api/configs/aa:bb:cc:dd:ee:ff.json</code></pre>
    </div>`;
  }

  private said(): unknown {
    if (!this.adopted) return nothing;
    const { newBoards } = strings;
    return html`${newBoards.adopted} <a class="mono" href=${deviceAddress(this.adopted)}>${this.adopted}</a>`;
  }

  private async read(): Promise<void> {
    this.boards = (await content(api.GET("/api/new-devices"))).new_devices;
  }

  private onSearch(): void {
    const q = this.searchField.value;
    navigate(q ? `${PATH}?${new URLSearchParams({ q }).toString()}` : PATH, { replace: true });
  }

  private onAdopted({ detail: mac }: CustomEvent<string>): void {
    this.adopted = mac;
    if (this.search) navigate(PATH, { replace: true });
    this.refreshing.now();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "new-boards-screen": NewBoardsScreen;
  }
}
