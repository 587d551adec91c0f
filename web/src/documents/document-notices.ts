import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { ago } from "../parts/times.ts";
import { session } from "../session/session.ts";
import { counted, strings } from "../strings/strings.ts";
import type { Draft } from "./drafts.ts";

/** What is to be known of a document and its draft. Events: `resume` and `discard` the draft; `look` at another one's change. */
@customElement("document-notices")
export class DocumentNotices extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }
      .notice {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap) 12px;
        padding: 8px 12px;
        border-radius: var(--radius);
        background: var(--warn-ground);
      }
      .bad {
        background: var(--bad-ground);
      }
      p {
        flex: 1;
        margin: 0;
        min-width: 220px;
      }
    `,
  ];

  /** What was done; empty for nothing. */
  @property({ attribute: false }) notice = "";
  /** A draft that waits; undefined while it is edited, and where there is none. */
  @property({ attribute: false }) waiting: Draft | undefined;
  /** Whether the browser has room for the draft. */
  @property({ attribute: false }) isKept = true;
  /** Whether another one has changed the document since the text was begun. */
  @property({ attribute: false }) isBehind = false;

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override render(): unknown {
    return html`
      ${this.notice === "" ? nothing : html`<div class="notice" role="status"><p>${this.notice}</p></div>`}
      ${this.isKept ? nothing : html`<div class="notice bad" role="alert"><p>${strings.document.notKept}</p></div>`}
      ${
        this.isBehind
          ? html`<div class="notice" role="status">
              <p>${strings.conflict.behind}</p>
              ${this.button("look", strings.conflict.look)}
            </div>`
          : nothing
      }
      ${this.waiting ? this.draft(this.waiting) : nothing}
    `;
  }

  private draft({ at, revision }: Draft): unknown {
    const { draft, resume, discard } = strings.document;
    return html`<div class="notice" role="status">
      <p>${draft(ago(at), counted(revision))}</p>
      ${session.mayChange ? this.button("resume", resume, "primary") : nothing}
      ${this.button("discard", discard)}
    </div>`;
  }

  private button(event: string, text: string, kind = ""): unknown {
    return html`<button class=${kind} @click=${() => this.dispatchEvent(new Event(event))}>${text}</button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "document-notices": DocumentNotices;
  }
}
