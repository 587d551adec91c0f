/** A device by its name, as a link to its page. */
import { html } from "lit";

import { deviceAddress } from "../router.ts";
import { deviceStore } from "./device-store.ts";

/** The name and the MAC address of a device; the address alone where it has no name, or no config any more. */
export function deviceLink(mac: string): unknown {
  const name = deviceStore.devices.get(mac)?.device_name;
  return html`<a class="device" href=${deviceAddress(mac)}
    >${name ? html`<bdi>${name}</bdi> <span class="faint mono">${mac}</span>` : html`<span class="mono">${mac}</span>`}</a
  >`;
}
