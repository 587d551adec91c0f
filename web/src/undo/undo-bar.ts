import { css, html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { api, content } from "../api/client.ts";
import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { report } from "../shell/errors.ts";
import { strings } from "../strings/strings.ts";
import { lastChange } from "./undoable.ts";

/** Offers the undo of the last change, on every screen, until it is closed. It waits for no time: some read slowly. */
@customElement("undo-bar")
export class UndoBar extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        position: sticky;
        bottom: 0;
        z-index: 2;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        width: fit-content;
        max-width: calc(100% - 16px);
        margin: 8px auto;
        padding: 8px 8px 8px 16px;
        border: 1px solid var(--control);
        border-radius: var(--radius);
        background: var(--raised);
        box-shadow: 0 2px 12px rgb(0 0 0 / 25%);
      }
      .said {
        overflow-wrap: anywhere;
      }
      .buttons {
        display: flex;
        gap: var(--gap);
        margin-inline-start: auto;
      }
      @media print {
        :host {
          display: none;
        }
      }
    `,
  ];

  @state() private isBusy = false;
  @state() private hasUndone = false;

  constructor() {
    super();
    new Listening(this, lastChange);
  }

  protected override render(): unknown {
    const { current } = lastChange;
    return html`<div role="status">
      ${
        current || this.hasUndone
          ? html`<div class="bar">
              <bdi class="said">${current ? current.said : strings.undo.undone}</bdi>
              <span class="buttons">
                ${
                  current
                    ? html`<button class="primary" ?disabled=${this.isBusy} @click=${this.undo}>
                        ${strings.undo.undo}
                      </button>`
                    : nothing
                }
                <button @click=${this.close}>${strings.close}</button>
              </span>
            </div>`
          : nothing
      }
    </div>`;
  }

  protected override willUpdate(): void {
    if (lastChange.current) this.hasUndone = false;
  }

  private async undo(): Promise<void> {
    const { current } = lastChange;
    if (!current) return;
    this.isBusy = true;
    try {
      const params = { path: { change: current.change } };
      await content(api.POST("/api/changes/{change}/undo", { params }));
      if (lastChange.current === current) lastChange.drop();
      this.hasUndone = lastChange.current === undefined;
    } catch (error) {
      report(error);
    } finally {
      this.isBusy = false;
    }
  }

  private close(): void {
    this.hasUndone = false;
    lastChange.drop();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "undo-bar": UndoBar;
  }
}
