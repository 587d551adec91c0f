import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { counted, strings } from "../../strings/strings.ts";
import type { Conflict } from "./conflict.ts";

/** Says who has changed the document meanwhile, and what is left to decide. Events: `take`, `leave`, for all that is left. */
@customElement("conflict-notice")
export class ConflictNotice extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 8px;
        padding: 10px 12px;
        border-radius: var(--radius);
        background: var(--warn-ground);
        overflow-wrap: anywhere;
      }
      :host([decided]) {
        background: var(--good-ground);
      }
      p,
      ul {
        margin: 0;
      }
      ul {
        padding-inline-start: 20px;
      }
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap);
      }
      div p {
        flex: 1 1 260px;
      }
    `,
  ];

  @property({ attribute: false }) conflict: Conflict | undefined;
  /** How many of their changes are neither taken over nor left out. */
  @property({ attribute: false }) undecided = 0;
  @property({ type: Boolean, reflect: true, attribute: "decided" }) isDecided = false;

  protected override willUpdate(): void {
    this.isDecided = this.undecided === 0;
  }

  protected override render(): unknown {
    if (!this.conflict) return nothing;
    const { stored, revisions } = this.conflict;
    const { conflict } = strings;
    return html`
      <p role="alert"><b>${conflict.met(counted(stored.revision))}</b></p>
      <ul>
        ${revisions.map(
          ({ revision, author, created_at: at, message, operation }) =>
            html`<li>
              ${strings.history.revision(counted(revision))}: ${strings.changes.operations[operation]}
              ${strings.history.by} <bdi>${author}</bdi>,
              <relative-time .at=${at}></relative-time
              >${message === null ? nothing : html`: <bdi>${message}</bdi>`}
            </li>`,
        )}
      </ul>
      <div>
        <p role="status">${this.isDecided ? conflict.decided : conflict.left(this.undecided)}</p>
        ${
          this.isDecided
            ? nothing
            : html`<button @click=${() => this.dispatchEvent(new Event("take"))}>${conflict.takeAll}</button>
                <button @click=${() => this.dispatchEvent(new Event("leave"))}>${conflict.leaveAll}</button>`
        }
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "conflict-notice": ConflictNotice;
  }
}
