import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { counted, strings } from "../strings/strings.ts";
import { searched } from "./device-search.ts";
import { deviceStore } from "./device-store.ts";

/** Devices that are offered at once. */
const OFFERED = 6;

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Chooses one device, by a search as one types. Event: `pick`, with its MAC address. */
@customElement("device-picker")
export class DevicePicker extends LitElement {
  static override styles = [
    controls,
    css`
      :host,
      fieldset,
      .search {
        display: grid;
        gap: 4px;
      }
      fieldset {
        margin: 0;
        padding: 0;
        border: 0;
      }
      .offer {
        display: flex;
        align-items: center;
        gap: var(--gap);
        min-height: 34px;
        overflow-wrap: anywhere;
      }
      p {
        margin: 0;
      }
      @media (max-width: 600px) {
        .offer {
          min-height: 44px;
        }
      }
    `,
  ];

  /** The MAC address that is chosen; empty for none. */
  @property({ attribute: false }) picked = "";
  @state() private text = "";

  constructor() {
    super();
    new Listening(this, deviceStore);
  }

  protected override render(): unknown {
    const isFound = searched(this.text);
    const found = [...deviceStore.devices.values()]
      .filter(isFound)
      .sort((one, other) => names.compare(one.device_name ?? "\uffff", other.device_name ?? "\uffff"));
    const offered = found.slice(0, OFFERED);
    const picked = deviceStore.devices.get(this.picked);
    if (picked && !offered.includes(picked)) offered.unshift(picked);
    return html`
      <label class="search">
        ${strings.fleet.search}
        <input
          type="search"
          maxlength="200"
          .value=${this.text}
          @input=${(event: Event) => {
            this.text = (event.target as HTMLInputElement).value;
          }}
        />
      </label>
      <fieldset>
        <legend class="hidden">${strings.fleet.heading}</legend>
        ${offered.map(
          ({ mac_address, device_name }) =>
            html`<label class="offer">
              <input
                type="radio"
                name="device"
                .checked=${mac_address === this.picked}
                @change=${() => this.dispatchEvent(new CustomEvent("pick", { detail: mac_address }))}
              />
              <span
                ><bdi>${device_name ?? strings.unnamed}</bdi>
                <span class="faint mono">${mac_address}</span></span
              >
            </label>`,
        )}
      </fieldset>
      ${found.length > OFFERED ? html`<p class="faint">${strings.andMore(counted(found.length - OFFERED))}</p>` : nothing}
      ${found.length === 0 ? html`<p>${strings.fleet.noMatch}</p>` : nothing}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "device-picker": DevicePicker;
  }
}
