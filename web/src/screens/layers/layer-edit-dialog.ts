import { html, LitElement } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import "../../parts/action-dialog.ts";
import type { ActionDialog } from "../../parts/action-dialog.ts";
import { report } from "../../shell/errors.ts";
import "./layer-effects.ts";
import type { Edit, Preview } from "./layers.ts";

/**
 * Shows what an edit of layers would do, asks for the reason, and makes it. Its content stands above the effects.
 *
 * Event: `done`.
 */
@customElement("layer-edit-dialog")
export class LayerEditDialog extends LitElement {
  @property({ attribute: false }) heading = "";
  /** The word of the button. */
  @property({ attribute: false }) action = "";
  @state() private preview: Preview | undefined;
  @query("action-dialog") private readonly dialog!: ActionDialog;
  private edit: Edit | undefined;

  /** Ask what an edit would do, and open. A refusal is shown above the screen. */
  async show(edit: Edit): Promise<void> {
    this.edit = edit;
    this.preview = undefined;
    try {
      const preview = await edit({ dry_run: true });
      if (edit !== this.edit) return;
      this.preview = preview;
      await this.dialog.show();
    } catch (error) {
      report(error);
    }
  }

  protected override render(): unknown {
    return html`<action-dialog
      wide
      .heading=${this.heading}
      .action=${this.action}
      .isReady=${this.preview?.refused === 0}
      .act=${this.act}
    >
      <slot></slot>
      <layer-effects .preview=${this.preview}></layer-effects>
    </action-dialog>`;
  }

  private readonly act = async (message: string | null): Promise<void> => {
    await this.edit?.(message === null ? {} : { message });
    this.dispatchEvent(new Event("done"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "layer-edit-dialog": LayerEditDialog;
  }
}
