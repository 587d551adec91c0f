/** Which devices the table shows, and in which order: read from the address, and written into it. */
import type { Schemas } from "../../api/client.ts";
import { searched } from "../../devices/device-search.ts";
import { isState, type State, STATES } from "../../devices/states.ts";

export type Device = Schemas["Device"];

export const COLUMNS = ["name", "mac", "state", "seen", "revision"] as const;
export type Column = (typeof COLUMNS)[number];

/** What the table is limited to, and how it is sorted. */
export interface FleetView {
  states: readonly State[];
  overdue: boolean;
  /** A tag, or `!` and a tag. All must hold. */
  tags: readonly string[];
  firmware: string;
  search: string;
  sort: Column;
  isDescending: boolean;
}

export function readView(query: URLSearchParams): FleetView {
  const sort = query.get("sort") ?? "name";
  const column = COLUMNS.find((each) => each === sort.replace(/^-/, ""));
  return {
    states: query.getAll("state").filter(isState),
    overdue: query.get("overdue") === "true",
    tags: query.getAll("tag"),
    firmware: query.get("firmware") ?? "",
    search: query.get("q") ?? "",
    sort: column ?? "name",
    isDescending: column !== undefined && sort.startsWith("-"),
  };
}

/** The address of a view. */
export function addressOf(view: FleetView): string {
  const query = new URLSearchParams();
  for (const state of view.states) query.append("state", state);
  if (view.overdue) query.append("overdue", "true");
  for (const tag of view.tags) query.append("tag", tag);
  if (view.firmware) query.append("firmware", view.firmware);
  if (view.search) query.append("q", view.search);
  if (view.sort !== "name" || view.isDescending)
    query.append("sort", `${view.isDescending ? "-" : ""}${view.sort}`);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}

/** How many devices are in each state and overdue, with all filters but those of state. */
export interface Counts {
  states: Readonly<Record<State, number>>;
  overdue: number;
  all: number;
}

export interface Shown {
  devices: readonly Device[];
  counts: Counts;
}

/** The devices of a view, sorted, and the counts. */
export function shownBy(view: FleetView, devices: Iterable<Device>): Shown {
  const isFound = searched(view.search);
  const fitting: Device[] = [];
  const states = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
  const counts = { states, overdue: 0, all: 0 };
  for (const device of devices) {
    if (!fits(device, view) || !isFound(device)) continue;
    counts.all += 1;
    counts.states[device.state] += 1;
    if (device.overdue) counts.overdue += 1;
    const hasState = view.states.length === 0 || view.states.includes(device.state);
    if (hasState && (!view.overdue || device.overdue)) fitting.push(device);
  }
  return { devices: sorted(fitting, view), counts };
}

function fits(device: Device, view: FleetView): boolean {
  if (view.firmware && device.firmware !== view.firmware) return false;
  return view.tags.every((tag) =>
    tag.startsWith("!") ? !device.tags.includes(tag.slice(1)) : device.tags.includes(tag),
  );
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function sorted(devices: Device[], { sort, isDescending }: FleetView): readonly Device[] {
  const compare = COMPARED[sort];
  const direction = isDescending ? -1 : 1;
  return devices.sort((one, other) => direction * compare(one, other) || byMac(one, other));
}

const COMPARED: Readonly<Record<Column, (one: Device, other: Device) => number>> = {
  // Devices without a name come last.
  name: (one, other) => names.compare(one.device_name ?? "\uffff", other.device_name ?? "\uffff"),
  mac: byMac,
  state: (one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state),
  seen: (one, other) => compared(other.last_seen ?? "", one.last_seen ?? ""),
  revision: (one, other) => one.wanted - other.wanted,
};

function byMac(one: Device, other: Device): number {
  return compared(one.mac_address, other.mac_address);
}

function compared(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
