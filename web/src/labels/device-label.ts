import { css, html, LitElement, nothing, svg } from "lit";
import { customElement, property } from "lit/decorators.js";

import { deviceAddress } from "../router.ts";
import { strings } from "../strings/strings.ts";
import { codeOf } from "./qr-path.ts";

/** Where a label leads: the page of the device, under the address that this page has. */
export function labelled(mac: string): string {
  return location.origin + deviceAddress(mac);
}

/** A label of a device: a QR code that opens its page, its name and its MAC address. Dark on light in both themes. */
@customElement("device-label")
export class DeviceLabel extends LitElement {
  static override styles = css`
    :host {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr);
      align-items: center;
      gap: 2mm;
      box-sizing: border-box;
      width: 60mm;
      height: 27mm;
      padding: 1mm 2mm 1mm 1mm;
      overflow: hidden;
      border: 1px solid #d5dae0;
      border-radius: 1.5mm;
      background: #fff;
      color: #000;
      font: 3.4mm/1.25 var(--font);
    }
    :host([large]) {
      width: 90mm;
      height: 45mm;
      gap: 3mm;
      font-size: 5mm;
    }
    svg {
      display: block;
      width: 25mm;
    }
    :host([large]) svg {
      width: 42mm;
    }
    .name {
      display: -webkit-box;
      overflow: hidden;
      font-weight: 600;
      overflow-wrap: anywhere;
      -webkit-box-orient: vertical;
      -webkit-line-clamp: 4;
    }
    .mac {
      font: 0.78em/1.4 var(--mono);
      overflow-wrap: anywhere;
    }
  `;

  @property({ attribute: false }) mac = "";
  /** The name of the device; null without one. */
  @property({ attribute: false }) name: string | null = null;
  @property({ type: Boolean, reflect: true, attribute: "large" }) isLarge = false;

  protected override render(): unknown {
    const { size, path } = codeOf(labelled(this.mac));
    return html`
      <svg
        viewBox=${`0 0 ${size} ${size}`}
        shape-rendering="crispEdges"
        role="img"
        aria-label=${strings.labels.codeOf(labelled(this.mac))}
      >
        ${svg`<path d=${path} />`}
      </svg>
      <div>
        ${this.name === null ? nothing : html`<bdi class="name">${this.name}</bdi>`}
        <div class="mac">${this.mac}</div>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "device-label": DeviceLabel;
  }
}
