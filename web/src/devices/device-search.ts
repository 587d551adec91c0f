/** The search for devices as one types. */
import type { Schemas } from "../api/client.ts";

type Device = Schemas["Device"];

/** As the search of the API: a part of the name, or of the MAC address in any spelling; also a part of a tag. */
export function searched(text: string): (device: Device) => boolean {
  const wanted = folded(text.trim());
  if (wanted === "") return () => true;
  const digits = /^[0-9a-f:.-]+$/.test(wanted) ? wanted.replace(/[:.-]/g, "") : "";
  return ({ device_name, mac_address, tags }) =>
    (device_name !== null && folded(device_name).includes(wanted)) ||
    (digits !== "" && mac_address.replaceAll(":", "").includes(digits)) ||
    tags.some((tag) => tag.includes(wanted));
}

function folded(text: string): string {
  return text.toLocaleLowerCase();
}
