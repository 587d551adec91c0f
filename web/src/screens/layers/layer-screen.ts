import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { Problem } from "../../api/problem.ts";
import { Listening } from "../../parts/listening.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { type Address, layerAddress, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";
import "./layer-edit-dialog.ts";
import type { LayerEditDialog } from "./layer-edit-dialog.ts";
import "./layer-history.ts";
import { deleting, type Layer, putting, readLayer } from "./layers.ts";
import { layerStrings as said } from "./layer-strings.ts";
import { reachInWords } from "./reach.ts";

/** One layer: what it reaches, its document and its history. The address says whether it is edited. */
@customElement("layer-screen")
export class LayerScreen extends LitElement {
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
      .top,
      .buttons {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap) 12px;
      }
      h1 {
        margin-right: auto;
        overflow-wrap: anywhere;
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
      p {
        margin: 0;
      }
      pre {
        max-height: 70vh;
        margin: 0;
        padding: 10px;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        font: 0.87em/1.5 var(--mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private layer: Layer | undefined;
  /** Whether the service has no layer of this name. */
  @state() private isGone = false;
  @state() private isFormReady = false;
  @state() private question: "enabled" | "delete" = "enabled";
  @query("layer-edit-dialog") private readonly dialog!: LayerEditDialog;
  private shownName = "";
  private readonly refreshing = new Refreshing(
    this,
    () => this.load(),
    undefined,
    ({ kind, subject }) => kind === "layer" && subject === this.name,
  );

  constructor() {
    super();
    new Listening(this, session);
  }

  private get name(): string {
    return this.address.parameters["name"] ?? "";
  }

  private get isEditing(): boolean {
    return this.address.query.has("edit") && session.mayChange;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("address") && this.shownName !== this.name) {
      this.shownName = this.name;
      this.layer = undefined;
      this.isGone = false;
      this.refreshing.now();
    }
    if (this.isEditing && !this.isFormReady) {
      import("./layer-form.ts").then(() => {
        this.isFormReady = true;
      }, report);
    }
  }

  protected override render(): unknown {
    const { layer, name } = this;
    return html`
      <div class="top">
        <h1 tabindex="-1">${name}</h1>
        ${layer && session.mayChange && !this.isEditing ? this.actions(layer) : nothing}
      </div>
      ${this.isGone ? html`<p role="status">${said.unknown}</p>` : nothing} ${layer && this.about(layer)}
      ${
        layer || this.isGone
          ? html`<layer-history
              .name=${name}
              .exists=${!this.isGone}
              .view=${this.address.query}
              @rolled-back=${() => {
                this.refreshing.now();
              }}
            ></layer-history>`
          : nothing
      }
      <p><a href="/layers">${said.toLayers}</a></p>
      ${layer && this.questions(layer)}
    `;
  }

  private about(layer: Layer): unknown {
    if (this.isEditing)
      return this.isFormReady
        ? html`<layer-form .layer=${layer} @saved=${this.leave} @cancel=${this.leave}></layer-form>`
        : strings.loading;
    const { reaches, rank, enabled, revision, updated_at, text } = layer;
    return html`<dl>
        <div>
          <dt>${said.reach}</dt>
          <dd>${reachInWords(reaches, said)}</dd>
        </div>
        ${
          rank === null
            ? nothing
            : html`<div>
                <dt>${said.rank}</dt>
                <dd>${counted(rank)}</dd>
              </div>`
        }
        <div>
          <dt>${said.updated}</dt>
          <dd>
            <relative-time .at=${updated_at}></relative-time>, ${strings.document.revision(counted(revision))}
          </dd>
        </div>
      </dl>
      ${enabled ? nothing : html`<p role="status"><b>${said.off}</b></p>`}
      <pre tabindex="0" role="group" aria-label=${said.content}>${text}</pre>`;
  }

  private actions({ enabled }: Layer): unknown {
    return html`
      <a class="button" href=${`${layerAddress(this.name)}?edit`}>${said.edit}</a>
      <button @click=${() => this.ask("enabled")}>${enabled ? said.switchOff : said.switchOn}</button>
      <button @click=${() => this.ask("delete")}>${said.delete}</button>
    `;
  }

  private questions({ enabled }: Layer): unknown {
    const { name } = this;
    const isDeletion = this.question === "delete";
    const heading = isDeletion
      ? said.deleteOf(name)
      : enabled
        ? said.switchOffOf(name)
        : said.switchOnOf(name);
    return html`<layer-edit-dialog
      .heading=${heading}
      .action=${isDeletion ? said.delete : enabled ? said.switchOff : said.switchOn}
      @done=${() => {
        if (isDeletion) navigate("/layers");
        else this.refreshing.now();
      }}
    ></layer-edit-dialog>`;
  }

  private async ask(question: "enabled" | "delete"): Promise<void> {
    const { layer } = this;
    if (!layer) return;
    this.question = question;
    const { name, revision } = layer;
    await this.dialog.show(
      question === "delete"
        ? deleting(name, revision)
        : putting(name, { ...layer, enabled: !layer.enabled }, revision),
    );
  }

  private leave(): void {
    navigate(layerAddress(this.name), { replace: true });
    this.refreshing.now();
  }

  private async load(): Promise<void> {
    const { name } = this;
    try {
      const layer = await readLayer(name);
      if (name === this.name) this.layer = layer;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      this.layer = undefined;
      this.isGone = name === this.name;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "layer-screen": LayerScreen;
  }
}
