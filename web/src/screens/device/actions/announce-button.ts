import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { api, content } from "../../../api/client.ts";
import { controls } from "../../../parts/shared-styles.ts";
import { report } from "../../../shell/errors.ts";
import { strings } from "../../../strings/strings.ts";
import { type Outcome, outcomeOf } from "./announcement.ts";

/** How often the service is asked what became of the announcement, and how long between. */
const QUESTIONS = 30;
const INTERVAL = 1_000;
/** As many notifications as one answer can have. */
const LISTED = 1_000;

/** Announces the document of a device once more, and says what became of it. */
@customElement("announce-button")
export class AnnounceButton extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }
      p:not(.hidden) {
        flex: none;
        order: 1;
        /* Its text makes the row no wider. */
        width: 0;
        min-width: 100%;
        margin: 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) mac = "";
  @state() private isBusy = false;
  @state() private outcome: Outcome | undefined;
  /** Counts the announcements: what became of an earlier one is not said any more. */
  private turn = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.turn += 1;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("mac")) return;
    this.turn += 1;
    this.outcome = undefined;
    this.isBusy = false;
  }

  protected override render(): unknown {
    const { outcome } = this;
    return html`
      <button ?disabled=${this.isBusy} @click=${this.announce}>${strings.actions.announce}</button>
      <p class=${outcome === undefined ? "hidden" : ""} role="status">
        ${outcome === undefined ? nothing : html`${strings.actions.announced[outcome.kind]} ${reasonOf(outcome)}`}
      </p>
    `;
  }

  private async announce(): Promise<void> {
    this.turn += 1;
    const { turn, mac } = this;
    this.isBusy = true;
    try {
      await content(api.POST("/api/configs/{id}/announce", { params: { path: { id: mac } } }));
      for (let asked = 0; asked < QUESTIONS && turn === this.turn; asked++) {
        const query = { limit: LISTED };
        const outcome = outcomeOf(await content(api.GET("/api/notifications", { params: { query } })), mac);
        if (turn !== this.turn) return;
        this.outcome = outcome;
        if (outcome.kind !== "waiting") break;
        await new Promise((resume) => setTimeout(resume, INTERVAL));
      }
    } catch (error) {
      if (turn === this.turn) report(error);
    } finally {
      if (turn === this.turn) this.isBusy = false;
    }
  }
}

function reasonOf({ reason }: Outcome): unknown {
  return reason === "" ? nothing : html`<span class="mono" lang="en">${reason}</span>`;
}

declare global {
  interface HTMLElementTagNameMap {
    "announce-button": AnnounceButton;
  }
}
