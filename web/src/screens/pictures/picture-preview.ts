import { css, html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import "../../parts/copy-field.ts";
import { controls } from "../../parts/shared-styles.ts";
import { sized } from "../../parts/sizes.ts";
import { session } from "../../session/session.ts";
import { strings } from "../../strings/strings.ts";
import type { LvglImage } from "./lvgl.ts";

/** What a display draws of an answer, pixel by pixel, and how the device asks for it. */
@customElement("picture-preview")
export class PicturePreview extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 12px;
      }
      figure {
        margin: 0;
      }
      canvas {
        max-width: 100%;
        border: 1px solid var(--line);
        /* What is transparent shows it. */
        background: repeating-conic-gradient(#bbb 0% 25%, #eee 0% 50%) 0 0 / 16px 16px;
        vertical-align: top;
      }
      figcaption {
        padding-top: 6px;
      }
      .address {
        display: grid;
        gap: 4px;
      }
      p {
        margin: 0;
      }
      pre {
        overflow-x: auto;
        margin: 0;
        padding: 10px;
        border-radius: var(--radius);
        background: var(--raised);
      }
    `,
  ];

  @property({ attribute: false }) image: LvglImage | undefined;
  /** The length of the answer, in bytes. */
  @property({ attribute: false }) length = 0;
  /** The address that a device asks. */
  @property({ attribute: false }) address = "";
  @query("canvas") private readonly canvas!: HTMLCanvasElement;

  protected override updated(): void {
    if (!this.image) return;
    const { width, height, pixels } = this.image;
    this.canvas.width = width;
    this.canvas.height = height;
    this.canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
  }

  protected override render(): unknown {
    const { pictures } = strings;
    if (!this.image) return "";
    const { width, height, format } = this.image;
    return html`
      <figure>
        <canvas role="img" aria-label=${pictures.preview}></canvas>
        <figcaption>
          ${width} × ${height} · <span class="mono">${format}</span> ·
          <span title=${pictures.bytes(this.length)}>${sized(this.length)}</span>
          ${pictures.inMemory}
        </figcaption>
      </figure>
      <div class="address">
        <b>${pictures.address}</b>
        <copy-field .label=${pictures.address} .text=${this.address}></copy-field>
        <p><a href=${this.address} download="picture.bin">${pictures.save}</a></p>
      </div>
      ${session.ways?.is_required ? this.token() : ""}
    `;
  }

  private token(): unknown {
    return html`<p>${strings.pictures.needsToken}</p>
      <pre tabindex="0"><code>iotconfig token create display --role viewer</code></pre>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "picture-preview": PicturePreview;
  }
}
