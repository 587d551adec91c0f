import { css, html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import { dialogs } from "./dialog-styles.ts";
import { controls } from "./shared-styles.ts";

/** A dialog with the keys of a screen. */
@customElement("key-help")
export class KeyHelp extends LitElement {
  static override styles = [
    controls,
    dialogs,
    css`
      dialog {
        min-width: min(380px, 90vw);
      }
      dl {
        display: grid;
        grid-template-columns: max-content 1fr;
        gap: 6px 16px;
      }
      dd {
        margin: 0;
      }
      kbd {
        padding: 1px 6px;
        border: 1px solid var(--line);
        border-radius: 4px;
        background: var(--raised);
        font: 0.92em var(--mono);
      }
    `,
  ];

  /** Keys, separated by spaces, and what they do. */
  @property({ attribute: false }) keys: readonly (readonly [string, string])[] = [];
  @query("dialog") private readonly dialog!: HTMLDialogElement;

  show(): void {
    if (!this.dialog.open) this.dialog.showModal();
  }

  protected override render(): unknown {
    return html`<dialog aria-labelledby="title">
      <h2 id="title">${strings.help.title}</h2>
      <dl>
        ${this.keys.map(
          ([keys, what]) =>
            html`<dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</dt>
              <dd>${what}</dd>`,
        )}
      </dl>
      <form method="dialog" class="buttons"><button>${strings.close}</button></form>
    </dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "key-help": KeyHelp;
  }
}
