import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { deviceLink } from "../../devices/device-link.ts";
import { controls } from "../../parts/shared-styles.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";
import type { Preview } from "./layers.ts";
import { layerStrings as said } from "./layer-strings.ts";

/** What an edit of layers would do to devices: how many it concerns, which rules it would break, and some differences. */
@customElement("layer-effects")
export class LayerEffects extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
      }
      p,
      h3,
      h4,
      ul {
        margin: 0;
      }
      h3,
      h4 {
        font-size: 1rem;
      }
      ul {
        padding-inline-start: 20px;
        overflow-wrap: anywhere;
      }
      .bad {
        color: var(--bad);
      }
    `,
  ];

  @property({ attribute: false }) preview: Preview | undefined;
  @state() private canCompare = false;

  protected override willUpdate(changed: PropertyValues<this>): void {
    // It comes with the editor, which screens without one do not load.
    if (changed.has("preview") && !this.canCompare && this.preview && this.preview.samples.length > 0) {
      import("../../documents/text-difference.ts").then(() => {
        this.canCompare = true;
      }, report);
    }
  }

  protected override render(): unknown {
    const { preview } = this;
    if (!preview) return strings.loading;
    return html`<h3>${said.effects}</h3>
      <p>${said.devices(preview.devices)} ${said.changed(preview.changed)}</p>
      ${this.refusals(preview)} ${this.canCompare ? this.samples(preview) : nothing}`;
  }

  private refusals({ refused, refusals }: Preview): unknown {
    if (refused === 0) return nothing;
    return html`<p class="bad" role="alert">${said.refused(refused)}</p>
      <ul>
        ${refusals.map(({ mac_address, error }) => html`<li>${deviceLink(mac_address)} <span lang="en">${error}</span></li>`)}
        ${refused > refusals.length ? html`<li>${strings.andMore(counted(refused - refusals.length))}</li>` : nothing}
      </ul>`;
  }

  private samples({ samples }: Preview): unknown {
    if (samples.length === 0) return nothing;
    return html`<h4>${said.samples}</h4>
      ${samples.map(
        ({ mac_address, before, after }) =>
          html`<div>
            ${deviceLink(mac_address)}<text-difference .earlier=${before} .later=${after}></text-difference>
          </div>`,
      )}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "layer-effects": LayerEffects;
  }
}
