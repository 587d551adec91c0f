import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import type { Schemas } from "../../../api/client.ts";
import { Problem } from "../../../api/problem.ts";
import { previewedRollBack, readConfig, rolledBack } from "../../../documents/stored-config.ts";
import "../../../parts/action-dialog.ts";
import type { ActionDialog } from "../../../parts/action-dialog.ts";
import { controls } from "../../../parts/shared-styles.ts";
import "../../../parts/unified-diff.ts";
import { report } from "../../../shell/errors.ts";
import { counted, strings } from "../../../strings/strings.ts";

/** What was done: the id of the change, and the revision that was rolled back to. */
export interface RolledBack {
  change: string;
  to: number;
}

/**
 * Shows what a roll back would change, asks for the reason, and does it: only if nothing has changed since.
 *
 * Event: `rolled-back`.
 */
@customElement("roll-back-dialog")
export class RollBackDialog extends LitElement {
  static override styles = controls;

  @state() private mac = "";
  @state() private target = 0;
  @state() private current = 0;
  @state() private preview: Schemas["Preview"] | undefined;
  @query("action-dialog") private readonly dialog!: ActionDialog;

  /** Ask what the roll back to a revision would change, and open. */
  async show(mac: string, revision: number): Promise<void> {
    this.mac = mac;
    this.target = revision;
    this.preview = undefined;
    await this.dialog.show();
    try {
      await this.look();
    } catch (error) {
      this.dialog.close();
      report(error);
    }
  }

  protected override render(): unknown {
    const { history } = strings;
    const { preview } = this;
    return html`<action-dialog
      wide
      .heading=${history.rollBackTo(counted(this.target))}
      .action=${history.rollBack}
      .isReady=${preview?.changed === true}
      .act=${this.act}
    >
      <div aria-live="polite">
        ${
          preview === undefined
            ? strings.loading
            : html`<unified-diff .text=${preview.unified_diff}></unified-diff>`
        }
        ${preview?.changed === true ? html`<p class="faint">${history.rollingBack}</p>` : nothing}
      </div>
    </action-dialog>`;
  }

  /** Ask what would change, compared with the newest revision. */
  private async look(): Promise<void> {
    const { mac, target } = this;
    const { revision } = await readConfig(mac);
    const preview = await previewedRollBack(mac, target, revision);
    if (mac !== this.mac || target !== this.target) return;
    this.current = revision;
    this.preview = preview;
  }

  private readonly act = async (message: string | null): Promise<void> => {
    try {
      const { change } = await rolledBack(this.mac, this.target, this.current, message);
      const detail = { change, to: this.target };
      this.dispatchEvent(new CustomEvent<RolledBack>("rolled-back", { detail }));
    } catch (error) {
      // Somebody else was quicker: what would change now is to be seen before the next attempt.
      if (error instanceof Problem && error.status === 412) await this.look();
      throw error;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "roll-back-dialog": RollBackDialog;
  }
}
