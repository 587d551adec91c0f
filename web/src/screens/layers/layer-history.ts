import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { api, content, type Schemas } from "../../api/client.ts";
import { comparedBy, picked } from "../../history/compared.ts";
import "../../history/revision-comparison.ts";
import "../../history/revision-entry.ts";
import type { Differences } from "../../history/revisions.ts";
import { Listening } from "../../parts/listening.ts";
import { NewestFirst } from "../../parts/newest-first.ts";
import { controls } from "../../parts/shared-styles.ts";
import { layerAddress, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";
import "./layer-edit-dialog.ts";
import type { LayerEditDialog } from "./layer-edit-dialog.ts";
import { layerDifference, readLayer, rollingBack } from "./layers.ts";

/** All changes of a layer; any two compared, and the way back. Event: `rolled-back`. */
@customElement("layer-history")
export class LayerHistory extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        min-width: 0;
      }
      ol {
        margin: 0 0 0 8px;
        padding: 0;
        list-style: none;
      }
      p {
        margin: 0;
      }
    `,
  ];

  @property({ attribute: false }) name = "";
  /** Whether there is a layer of this name now. */
  @property({ attribute: false }) exists = true;
  /** The query of the page: which revisions are compared. */
  @property({ attribute: false }) view = new URLSearchParams();
  @state() private picks: readonly number[] = [];
  @state() private target = 0;
  @query("layer-edit-dialog") private readonly dialog!: LayerEditDialog;
  private readonly log = new NewestFirst<Schemas["LayerRevision"]>(this, {
    page: async (cursor, limit) => {
      const params = { path: { name: this.name }, query: { limit, ...(cursor !== undefined && { cursor }) } };
      const { revisions, next } = await content(api.GET("/api/layers/{name}/revisions", { params }));
      return { entries: revisions, next };
    },
    placeOf: ({ revision }) => revision,
    sizes: [20, 100],
    concerns: ({ kind, subject }) => kind === "layer" && subject === this.name,
  });

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("name")) this.log.restart();
    if (!changed.has("view")) return;
    const compared = comparedBy(this.view);
    if (compared || this.picks.length > 1) this.picks = compared ?? [];
  }

  protected override render(): unknown {
    const { log, picks } = this;
    const { history } = strings;
    const [from, to] = picks;
    return html`
      <h2>${history.title}</h2>
      ${
        from !== undefined && to !== undefined
          ? html`<revision-comparison
              .subject=${this.name}
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
      ${
        log.next === null
          ? nothing
          : html`<p>
              <button
                @click=${() => {
                  log.more();
                }}
              >
                ${history.older}
              </button>
            </p>`
      }
      <layer-edit-dialog
        .heading=${history.rollBackTo(counted(this.target))}
        .action=${history.rollBack}
        @done=${() => this.dispatchEvent(new Event("rolled-back"))}
      ></layer-edit-dialog>
    `;
  }

  private entry(entry: Schemas["LayerRevision"], isNewest: boolean): unknown {
    const { revision, etag } = entry;
    return html`<revision-entry
      .subject=${this.name}
      .differences=${this.differences}
      .revision=${entry}
      .isCurrent=${isNewest && this.exists}
      .isPicked=${this.picks.includes(revision)}
      .hasWayBack=${this.exists && !isNewest && etag !== null && session.mayChange}
      @pick=${() => {
        this.compare(picked(this.picks, revision));
      }}
      @back=${() => this.rollBack(revision)}
    ></revision-entry>`;
  }

  private readonly differences: Differences = (from, to) => layerDifference(this.name, from, to);

  private async rollBack(target: number): Promise<void> {
    this.target = target;
    try {
      const { revision } = await readLayer(this.name);
      await this.dialog.show(rollingBack(this.name, target, revision));
    } catch (error) {
      report(error);
    }
  }

  private compare(picks: readonly number[]): void {
    this.picks = picks;
    const [from, to] = picks;
    const query = from !== undefined && to !== undefined ? `?from=${from}&to=${to}` : "";
    if (query !== "" || comparedBy(this.view)) navigate(layerAddress(this.name) + query, { replace: true });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "layer-history": LayerHistory;
  }
}
