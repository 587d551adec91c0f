import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { deviceLink } from "../../../devices/device-link.ts";
import { deviceStore } from "../../../devices/device-store.ts";
import { restored } from "../../../documents/config-actions.ts";
import { type Draft, dropDraft, keepDraft, readDraft } from "../../../documents/drafts.ts";
import "../../../parts/action-dialog.ts";
import type { ActionDialog } from "../../../parts/action-dialog.ts";
import { Listening } from "../../../parts/listening.ts";
import "../../../parts/relative-time.ts";
import { controls } from "../../../parts/shared-styles.ts";
import { deviceAddress, navigate } from "../../../router.ts";
import { session } from "../../../session/session.ts";
import { strings } from "../../../strings/strings.ts";
import type { Deletion, End, Replacement } from "./end-of-device.ts";

/** A device that has no document any more: why, since when, and the way back. Event: `restored`. */
@customElement("former-device")
export class FormerDevice extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
      }
      .names,
      .sentence {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px 12px;
        overflow-wrap: anywhere;
      }
      .sentence,
      .draft {
        padding: 10px 12px;
        border-radius: var(--radius);
        background: var(--raised);
      }
      .sentence {
        align-items: center;
        font-size: 1.07rem;
      }
      .sentence p {
        flex: 1 1 240px;
      }
      .draft {
        background: var(--warn-ground);
      }
      p {
        margin: 0;
      }
      pre {
        max-height: 50vh;
        margin: 8px 0 0;
        padding: 10px;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--ground);
        font: 0.87em/1.5 var(--mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      summary {
        cursor: pointer;
      }
    `,
  ];

  @property({ attribute: false }) mac = "";
  @property({ attribute: false }) end: End | undefined;
  @state() private draft: Draft | undefined;
  @query("action-dialog") private readonly dialog!: ActionDialog;

  constructor() {
    super();
    new Listening(this, deviceStore, session);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("mac") || changed.has("end")) this.draft = readDraft(this.mac);
  }

  protected override render(): unknown {
    const { end } = this;
    if (!end) return nothing;
    const name = end.kind === "deleted" ? end.name : null;
    return html`
      <div class="names">
        <h1 tabindex="-1"><bdi>${name ?? this.mac}</bdi></h1>
        ${name === null ? nothing : html`<span class="mono">${this.mac}</span>`}
      </div>
      ${end.kind === "deleted" ? this.deletion(end) : this.replacement(end)}
    `;
  }

  private deletion({ revision: { author, created_at: at, message }, text }: Deletion): unknown {
    const { deleted, former } = strings;
    return html`
      <div class="sentence">
        <p>
          <b>${former.isDeleted}</b>
          <bdi>${deleted.deletedBy(author)}</bdi> <relative-time .at=${at}></relative-time>
          ${message === null ? nothing : html`<br /><bdi>${message}</bdi>`}
        </p>
        ${
          session.mayChange
            ? html`<button class="primary" @click=${() => this.dialog.show()}>${deleted.restore}</button>`
            : nothing
        }
      </div>
      ${this.unsaved(former.draft)}
      ${
        text === undefined
          ? nothing
          : html`<details>
              <summary>${former.lastDocument}</summary>
              <pre tabindex="0" role="group" aria-label=${former.lastDocument}>${text}</pre>
            </details>`
      }
      <action-dialog .heading=${former.restoreIt} .action=${deleted.restore} .act=${this.restore}>
        <p>${deleted.restoring}</p>
      </action-dialog>
    `;
  }

  private replacement({ by }: Replacement): unknown {
    const { former } = strings;
    return html`
      <div class="sentence">
        <p><b>${former.isReplaced}</b> ${strings.deleted.replacedBy} ${deviceLink(by)}</p>
      </div>
      ${this.unsaved(former.draftOfReplaced)}
      ${
        this.draft && session.mayChange && !readDraft(by)
          ? html`<p>
              <button
                @click=${() => {
                  this.takeAlong(by);
                }}
              >
                ${former.takeAlong}
              </button>
            </p>`
          : nothing
      }
    `;
  }

  /** What was typed and not saved is not lost with the config. */
  private unsaved(sentence: string): unknown {
    if (!this.draft) return nothing;
    return html`<div class="draft">
      <p>${sentence}</p>
      <details>
        <summary>${strings.former.showDraft}</summary>
        <pre tabindex="0" role="group" aria-label=${strings.former.showDraft}>${this.draft.text}</pre>
      </details>
    </div>`;
  }

  private takeAlong(to: string): void {
    if (this.draft && keepDraft(to, this.draft)) dropDraft(this.mac);
    navigate(deviceAddress(to));
  }

  private readonly restore = async (message: string | null): Promise<void> => {
    if (this.end?.kind !== "deleted") return;
    await restored(this.end.revision.config_id, message);
    this.dispatchEvent(new Event("restored"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "former-device": FormerDevice;
  }
}
