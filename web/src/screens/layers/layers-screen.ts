import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { lists } from "../../parts/list-styles.ts";
import { Listening } from "../../parts/listening.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { type Address, layerAddress, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { strings } from "../../strings/strings.ts";
import "./layer-edit-dialog.ts";
import type { LayerEditDialog } from "./layer-edit-dialog.ts";
import { type LayerSummary, ordering, readLayers } from "./layers.ts";
import { layerStrings as said } from "./layer-strings.ts";
import { moved, reachInWords } from "./reach.ts";

/** All layers in their order. The address says whether a new one is made. */
@customElement("layers-screen")
export class LayersScreen extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      .row {
        grid-template-columns: minmax(160px, 2fr) minmax(180px, 3fr) 110px 120px auto;
      }
      .off {
        color: var(--faint);
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: var(--gap);
      }
      .pending {
        padding: 10px 12px;
        border-radius: var(--radius);
        background: var(--warn-ground);
      }
      .meaning {
        max-width: 760px;
        margin: 0 0 12px;
      }
      @media (max-width: 600px) {
        .row {
          grid-template-columns: 1fr auto;
        }
        .row > :nth-child(2),
        .row > :nth-child(5) {
          grid-column: 1 / -1;
        }
        .row > :nth-child(3) {
          grid-row: 1;
          grid-column: 2;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private layers: readonly LayerSummary[] | undefined;
  /** The order of the layers of tags that is not saved yet. */
  @state() private pending: readonly string[] | undefined;
  @state() private isFormReady = false;
  @query("layer-edit-dialog") private readonly dialog!: LayerEditDialog;
  private readonly refreshing = new Refreshing(
    this,
    async () => {
      this.layers = await readLayers();
    },
    undefined,
    ({ kind }) => kind === "layer",
  );

  constructor() {
    super();
    new Listening(this, session);
  }

  private get isNew(): boolean {
    return this.address.query.has("new") && session.mayChange;
  }

  protected override willUpdate(): void {
    if (this.isNew && !this.isFormReady) {
      import("./layer-form.ts").then(() => {
        this.isFormReady = true;
      }, report);
    }
  }

  protected override render(): unknown {
    const { layers } = this;
    return html`
      <div class="top">
        <div class="title">
          <h1>${said.heading}</h1>
          <span class="faint" role="status">${layers ? said.found(layers.length) : strings.loading}</span>
        </div>
        ${session.mayChange && !this.isNew ? html`<a class="button" href="/layers?new">${said.new}</a>` : nothing}
      </div>
      <p class="meaning faint">${said.meaning}</p>
      ${this.isNew ? this.form() : layers && this.list(layers)}
    `;
  }

  private form(): unknown {
    if (!this.isFormReady) return strings.loading;
    return html`<h2>${said.new}</h2>
      <layer-form
        @saved=${({ detail: name }: CustomEvent<string>) => {
          navigate(layerAddress(name));
        }}
        @cancel=${() => {
          navigate("/layers");
        }}
      ></layer-form>`;
  }

  private list(layers: readonly LayerSummary[]): unknown {
    if (layers.length === 0) return html`<p class="empty">${said.none}</p>`;
    const order = this.order;
    const named = new Map(layers.map((layer) => [layer.name, layer]));
    const shown = [
      ...layers.filter(({ rank }) => rank === null),
      ...order.flatMap((name) => named.get(name) ?? []),
    ];
    return html`
      ${
        this.pending
          ? html`<div class="pending buttons" role="status">
              <button class="primary" @click=${() => this.dialog.show(ordering(order))}>
                ${said.saveOrder}
              </button>
              <button
                @click=${() => {
                  this.pending = undefined;
                }}
              >
                ${said.resetOrder}
              </button>
            </div>`
          : nothing
      }
      <ol class="rows" aria-label=${said.list}>
        ${repeat(
          shown,
          ({ name }) => name,
          (layer) => this.row(layer),
        )}
      </ol>
      <layer-edit-dialog
        .heading=${said.order}
        .action=${said.orderAction}
        @done=${() => {
          this.pending = undefined;
          this.refreshing.now();
        }}
      >
        <p>${order.join(" < ")}</p>
      </layer-edit-dialog>
    `;
  }

  private row({ name, reaches, rank, enabled, updated_at }: LayerSummary): unknown {
    return html`<li class=${enabled ? "row" : "row off"}>
      <a class="device" href=${layerAddress(name)}>${name}</a>
      <span>${reachInWords(reaches, said)}</span>
      <span>${enabled ? (rank === null ? nothing : said.ranked(rank)) : said.off}</span>
      <relative-time class="faint" .at=${updated_at}></relative-time>
      <span class="buttons">${rank === null || !session.mayChange ? nothing : this.moves(name)}</span>
    </li>`;
  }

  private moves(name: string): unknown {
    const { order } = this;
    const button = (step: 1 | -1, word: string, label: string): unknown =>
      html`<button
        aria-label=${label}
        ?disabled=${order.at(step === 1 ? -1 : 0) === name}
        @click=${() => {
          this.pending = moved(order, name, step);
        }}
      >
        ${word}
      </button>`;
    return html`${button(-1, said.down, said.downOf(name))} ${button(1, said.up, said.upOf(name))}`;
  }

  /** The layers of tags, the lowest first: as stored, or as they were moved while none came or went. */
  private get order(): readonly string[] {
    const stored = (this.layers ?? []).filter(({ rank }) => rank !== null).map(({ name }) => name);
    const { pending } = this;
    const isSame = pending?.length === stored.length && stored.every((name) => pending.includes(name));
    return isSame ? pending : stored;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "layers-screen": LayersScreen;
  }
}
