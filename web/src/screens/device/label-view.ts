import { css, html, LitElement } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { isLoopback, sheetAddress } from "../../labels/sheet.ts";
import { controls } from "../../parts/shared-styles.ts";
import { report } from "../../shell/errors.ts";
import { strings } from "../../strings/strings.ts";

/** The label of one device, loaded when it is opened: a QR code that opens this page. */
@customElement("label-view")
export class LabelView extends LitElement {
  static override styles = [
    controls,
    css`
      .open {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 12px;
        margin-top: 8px;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: var(--gap);
      }
      p {
        flex: 1 0 100%;
        margin: 0;
      }
      device-label {
        max-width: 100%;
      }
      summary {
        cursor: pointer;
      }
    `,
  ];

  @property({ attribute: false }) mac = "";
  @property({ attribute: false }) name: string | null = null;
  @state() private isReady = false;

  protected override render(): unknown {
    const { labels } = strings;
    return html`<details @toggle=${this.load}>
      <summary>${labels.label}</summary>
      ${
        this.isReady
          ? html`<div class="open">
              <device-label .mac=${this.mac} .name=${this.name}></device-label>
              <div class="buttons">
                <a class="button" href=${sheetAddress([this.mac])}>${labels.print}</a>
                <button @click=${this.download}>${labels.download}</button>
              </div>
              ${isLoopback(location.hostname) ? html`<p class="faint">${labels.loopback(location.origin)}</p>` : ""}
            </div>`
          : strings.loading
      }
    </details>`;
  }

  private async load(): Promise<void> {
    if (this.isReady) return;
    try {
      await import("../../labels/device-label.ts");
      this.isReady = true;
    } catch (error) {
      report(error);
    }
  }

  private async download(): Promise<void> {
    const [{ svgOf }, { labelled }] = await Promise.all([
      import("../../labels/qr-path.ts"),
      import("../../labels/device-label.ts"),
    ]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([svgOf(labelled(this.mac))], { type: "image/svg+xml" }));
    link.download = `${this.mac.replaceAll(":", "")}.svg`;
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "label-view": LabelView;
  }
}
