import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";

import "../../devices/device-state.ts";
import { deviceStore } from "../../devices/device-store.ts";
import { Listening } from "../../parts/listening.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import type { Address } from "../../router.ts";
import { strings } from "../../strings/strings.ts";

/** One device: its state in a sentence. */
@customElement("device-screen")
export class DeviceScreen extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        padding: 12px 16px;
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };

  constructor() {
    super();
    new Listening(this, deviceStore);
  }

  private get mac(): string {
    return this.address.parameters["mac"] ?? "";
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("address") && this.mac !== "") void deviceStore.refresh(this.mac);
  }

  protected override render(): unknown {
    const device = deviceStore.devices.get(this.mac);
    if (!device) return nothing;
    return html`
      <h1><bdi>${device.device_name ?? device.mac_address}</bdi></h1>
      <p class="mono">${device.mac_address}</p>
      <p lang="en">
        <device-state .state=${device.state} .overdue=${device.overdue}></device-state>
        ${device.why}
      </p>
      <p>${strings.fleet.seen}: <relative-time .at=${device.last_seen}></relative-time></p>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "device-screen": DeviceScreen;
  }
}
