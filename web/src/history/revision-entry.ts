import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import "../parts/relative-time.ts";
import { controls } from "../parts/shared-styles.ts";
import "../parts/unified-diff.ts";
import { shown } from "../shell/errors.ts";
import { counted, strings } from "../strings/strings.ts";
import type { Differences, Revision } from "./revisions.ts";

/**
 * One revision of a config or of a layer: who, when, why, and on request what it changed.
 *
 * Events: `pick` (chosen for a comparison, or no longer), `back` (roll back to it).
 */
@customElement("revision-entry")
export class RevisionEntry extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        position: relative;
        padding: 0 0 18px 24px;
        border-left: 2px solid var(--line);
        overflow-wrap: anywhere;
      }
      :host::before {
        content: "";
        position: absolute;
        top: 4px;
        left: -8px;
        width: 10px;
        height: 10px;
        border: 2px solid var(--control);
        border-radius: 50%;
        background: var(--ground);
      }
      :host([current])::before {
        border-color: var(--accent);
        background: var(--accent);
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 2px 12px;
      }
      .current {
        padding: 0 8px;
        border-radius: 9px;
        background: var(--selected);
        font-size: 0.87em;
      }
      p {
        margin: 2px 0 0;
        white-space: pre-line;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 16px;
        margin-top: 4px;
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        cursor: pointer;
      }
      [type="checkbox"] {
        width: 18px;
        min-height: 18px;
        margin: 0;
      }
      .toggle {
        padding: 0;
        border: 0;
        background: none;
        color: var(--accent);
      }
      .toggle::before {
        content: "▸";
        content: "▸" / "";
        display: inline-block;
        width: 0.8em;
      }
      .toggle[aria-expanded="true"]::before {
        content: "▾";
        content: "▾" / "";
      }
      unified-diff {
        display: block;
        margin-top: 6px;
      }
      button {
        min-height: 28px;
        padding: 2px 10px;
      }
      @media (max-width: 600px) {
        .actions {
          gap: 0 16px;
        }
        label,
        button {
          min-height: 44px;
        }
      }
    `,
  ];

  /** What its history is of: the MAC address of a device, or the name of a layer. */
  @property({ attribute: false }) subject = "";
  /** Reads what it changed. */
  @property({ attribute: false }) differences: Differences = () => Promise.resolve("");
  @property({ attribute: false }) revision: Revision | undefined;
  @property({ type: Boolean, reflect: true, attribute: "current" }) isCurrent = false;
  @property({ attribute: false }) isPicked = false;
  /** Whether one can roll back to it. */
  @property({ attribute: false }) hasWayBack = false;
  @state() private isOpen = false;
  @state() private changes: string | undefined;
  @state() private refusal = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("revision");
    if (changed.has("subject") || (before && before.revision !== this.revision?.revision)) {
      this.changes = undefined;
      this.refusal = "";
      this.isOpen = false;
    }
  }

  protected override render(): unknown {
    if (!this.revision) return nothing;
    const {
      revision: number,
      operation,
      author,
      message,
      created_at: at,
      mac_address: board = this.subject,
    } = this.revision;
    const { history } = strings;
    return html`
      <div class="head">
        <b>${history.revision(counted(number))}</b>
        ${this.isCurrent ? html`<span class="current">${history.current}</span>` : nothing}
        <span>${strings.changes.operations[operation]}</span>
        <span>${history.by} <bdi>${author}</bdi></span>
        <relative-time class="faint" .at=${at}></relative-time>
        ${board === this.subject ? nothing : html`<span class="faint">${history.onBoard} <span class="mono">${board}</span></span>`}
      </div>
      ${message === null ? nothing : html`<p><bdi>${message}</bdi></p>`}
      <div class="actions">
        <button class="toggle" aria-expanded=${this.isOpen ? "true" : "false"} @click=${this.toggle}>
          ${history.changes}<span class="hidden"> ${history.revision(counted(number))}</span>
        </button>
        <label>
          <input
            type="checkbox"
            .checked=${this.isPicked}
            @change=${() => this.dispatchEvent(new Event("pick"))}
          />
          ${history.pick}<span class="hidden"> ${history.revision(counted(number))}</span>
        </label>
        ${
          this.hasWayBack
            ? html`<button @click=${() => this.dispatchEvent(new Event("back"))}>
                ${history.rollBack}<span class="hidden"> ${history.revision(counted(number))}</span>
              </button>`
            : nothing
        }
      </div>
      <div aria-live="polite">${this.isOpen ? this.difference() : nothing}</div>
    `;
  }

  private difference(): unknown {
    if (this.refusal !== "") return html`<p class="faint" lang="en">${this.refusal}</p>`;
    if (this.changes === undefined) return html`<p class="faint">${strings.loading}</p>`;
    return html`<unified-diff .text=${this.changes}></unified-diff>`;
  }

  private async toggle(): Promise<void> {
    const { revision, subject } = this;
    this.isOpen = !this.isOpen;
    if (!revision || !this.isOpen || this.changes !== undefined) return;
    try {
      const changes = await this.differences(undefined, revision.revision);
      if (subject === this.subject && revision.revision === this.revision?.revision) this.changes = changes;
    } catch (error) {
      this.refusal = shown(error).sentence;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "revision-entry": RevisionEntry;
  }
}
