import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, readView, shownBy } from "../src/screens/fleet/fleet-view.ts";

const FLEET = [
  device("02:00:00:00:00:0a", "Porch 10", "in_sync", ["kitchen"]),
  device("02:00:00:00:00:02", "Porch 9", "rejected", ["kitchen", "old"]),
  device("02:00:00:00:00:03", null, "rejected", []),
];

function device(mac_address, device_name, state, tags) {
  const none = { why: "", held: null, last_seen: null, firmware: null, note: null, online: null };
  return { ...none, mac_address, device_name, state, tags, overdue: false, wanted: 1 };
}

function shown(query) {
  return shownBy(readView(new URLSearchParams(query)), FLEET);
}

function macs(query) {
  return shown(query).devices.map((each) => each.mac_address.slice(-2));
}

test("names are sorted as people count, and devices without one come last", () => {
  assert.deepEqual(macs(""), ["02", "0a", "03"]);
  assert.deepEqual(macs("sort=-mac"), ["0a", "03", "02"]);
});

test("all filters must hold, and counts heed all but those of state", () => {
  assert.deepEqual(macs("tag=kitchen&tag=!old"), ["0a"]);
  assert.deepEqual(macs("state=rejected&tag=kitchen"), ["02"]);
  assert.deepEqual(shown("state=rejected&tag=kitchen").counts.states.in_sync, 1);
  assert.equal(shown("state=rejected&tag=kitchen").counts.all, 2);
});

test("the search takes a MAC address in any spelling", () => {
  for (const text of ["00:0a", "00-0A", "000.0000a", "PORCH 1"])
    assert.deepEqual(macs({ q: text }), ["0a"], text);
});

test("a search for words finds no MAC address by the digits in them", () => {
  assert.deepEqual(macs({ q: "zz 02" }), []);
});

test("what an address says that is no view is left out", () => {
  assert.equal(addressOf(readView(new URLSearchParams("state=broken&sort=-colour"))), "/");
});

test("an address has the whole view", () => {
  const address = "/?state=rejected&state=never&overdue=true&tag=%21old&firmware=1.2&q=a+b&sort=-seen";
  assert.equal(addressOf(readView(new URL(address, "http://host").searchParams)), address);
});
