import { css, html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { api, content, type Schemas } from "../../api/client.ts";
import { deviceLink } from "../../devices/device-link.ts";
import { labels } from "../../devices/tag-difference.ts";
import "../../parts/action-dialog.ts";
import type { ActionDialog } from "../../parts/action-dialog.ts";
import { controls } from "../../parts/shared-styles.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";

type Undone = Schemas["Undone"];

/** Devices that the preview names. */
const NAMED = 20;

/** Shows what an undo of a write would do, and does it. Event: `undone`, with the outcome. */
@customElement("undo-dialog")
export class UndoDialog extends LitElement {
  static override styles = [
    controls,
    css`
      ul {
        max-height: 40vh;
        margin: 0;
        padding-inline-start: 20px;
        overflow-y: auto;
      }
      p {
        margin: 0;
      }
      .preview {
        display: grid;
        gap: 8px;
      }
      label {
        display: flex;
        align-items: center;
        gap: var(--gap);
        min-height: 44px;
      }
      [type="checkbox"] {
        width: 20px;
        min-height: 20px;
      }
    `,
  ];

  @state() private change = "";
  @state() private preview: Undone | undefined;
  @state() private keepsGoing = false;
  @query("action-dialog") private readonly dialog!: ActionDialog;

  /** Ask what the undo of a write would do, and open. */
  async show(change: string): Promise<void> {
    this.change = change;
    this.keepsGoing = false;
    this.preview = undefined;
    await this.dialog.show();
    try {
      const preview = await undo(change, { dry_run: true, keep_going: true });
      if (this.change === change) this.preview = preview;
    } catch (error) {
      this.dialog.close();
      report(error);
    }
  }

  protected override render(): unknown {
    const { preview } = this;
    const can = preview !== undefined && touched(preview) > 0 && (preview.refused === 0 || this.keepsGoing);
    return html`<action-dialog
      .heading=${strings.changes.undoOf}
      .action=${strings.changes.undo}
      .isReady=${can}
      .act=${this.act}
    >
      <div class="preview" aria-live="polite">${preview ? this.told(preview) : strings.loading}</div>
    </action-dialog>`;
  }

  private told(preview: Undone): unknown {
    const { changed, restored, deleted, same, results } = preview;
    const counts: [number, (count: string) => string][] = [
      [changed, strings.changes.willChange],
      [restored, strings.changes.willRestore],
      [deleted, strings.changes.willDelete],
      [same, strings.changes.willStay],
    ];
    return html`
      ${counts.map(([count, said]) => (count > 0 ? html`<p>${said(counted(count))}</p>` : nothing))}
      ${touched(preview) === 0 ? html`<p>${strings.changes.nothingToUndo}</p>` : nothing}
      ${
        results.length > 0
          ? html`<ul>
              ${results
                .slice(0, NAMED)
                .map(
                  ({ mac_address, tags, note }) =>
                    html`<li>
                      ${deviceLink(mac_address)}
                      ${tags ? html`<bdi class="mono">${labels(tags)}</bdi>` : nothing}
                      ${note ? html`<bdi>${note.after ?? strings.changes.noNote}</bdi>` : nothing}
                    </li>`,
                )}
              ${results.length > NAMED ? html`<li>${strings.andMore(counted(results.length - NAMED))}</li>` : nothing}
            </ul>`
          : nothing
      }
      ${this.refusals(preview)}
    `;
  }

  private refusals(preview: Undone): unknown {
    const { refused, errors } = preview;
    if (refused === 0) return nothing;
    return html`
      <p><b>${strings.changes.refused(counted(refused))}</b></p>
      <ul lang="en">
        ${errors.slice(0, NAMED).map(({ place, error }) => html`<li><span class="mono">${place}</span> ${error}</li>`)}
        ${refused > NAMED ? html`<li>${strings.andMore(counted(refused - NAMED))}</li>` : nothing}
      </ul>
      ${
        touched(preview) > 0
          ? html`<label>
              <input
                type="checkbox"
                .checked=${this.keepsGoing}
                @change=${(event: Event) => {
                  this.keepsGoing = (event.target as HTMLInputElement).checked;
                }}
              />
              ${strings.changes.keepGoing}
            </label>`
          : nothing
      }
    `;
  }

  private readonly act = async (message: string | null): Promise<void> => {
    const detail = await undo(this.change, {
      keep_going: this.keepsGoing,
      ...(message !== null && { message }),
    });
    this.dispatchEvent(new CustomEvent<Undone>("undone", { detail }));
  };
}

function undo(
  change: string,
  query: { dry_run?: boolean; keep_going?: boolean; message?: string },
): Promise<Undone> {
  return content(api.POST("/api/changes/{change}/undo", { params: { path: { change }, query } }));
}

/** How many devices the undo gives something else. */
function touched({ changed, restored, deleted }: Undone): number {
  return changed + restored + deleted;
}

declare global {
  interface HTMLElementTagNameMap {
    "undo-dialog": UndoDialog;
  }
}
