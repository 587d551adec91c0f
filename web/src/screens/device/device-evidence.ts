import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Schemas } from "../../api/client.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { counted, strings } from "../../strings/strings.ts";

type Evidence = Schemas["DeviceEvidence"];

/** What the state of a device was concluded from: the newest of each kind. */
@customElement("device-evidence")
export class DeviceEvidence extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        overflow-x: auto;
      }
      table {
        border-collapse: collapse;
      }
      th,
      td {
        padding: 5px 16px 5px 0;
        border-bottom: 1px solid var(--line);
        text-align: left;
        vertical-align: top;
      }
      th,
      td:not(:last-child) {
        white-space: nowrap;
      }
    `,
  ];

  @property({ attribute: false }) evidence: readonly Evidence[] = [];

  protected override render(): unknown {
    const words = strings.device;
    if (this.evidence.length === 0) return html`<p class="faint">${words.noEvidence}</p>`;
    return html`<table>
      <thead>
        <tr>
          ${[words.kind, words.about, words.received, words.source, words.proof, words.details].map(
            (title) => html`<th scope="col">${title}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${this.evidence.map(
          (each) =>
            html`<tr>
              <td>${words.kinds[each.kind]}</td>
              <td>
                ${each.etag_number === null ? html`<code>${each.etag}</code>` : counted(each.etag_number)}
              </td>
              <td><relative-time .at=${each.received_at}></relative-time></td>
              <td class="mono">${each.source}</td>
              <td>${words.proofs[each.proof]}</td>
              <td>${detailsOf(each)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

function detailsOf({ pointer, reason, firmware }: Evidence): string {
  return [pointer, reason, firmware].filter(Boolean).join(", ");
}

declare global {
  interface HTMLElementTagNameMap {
    "device-evidence": DeviceEvidence;
  }
}
