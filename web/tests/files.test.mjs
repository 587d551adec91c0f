import assert from "node:assert/strict";
import { test } from "node:test";

import { sized } from "../src/parts/sizes.ts";
import { chosen } from "../src/screens/files/assets.ts";

const ASSETS = [
  { name: "Firmware-1.bin", stored_at: "2026-01-01T10:00:00Z" },
  { name: "chime.wav", stored_at: "2026-01-02T10:00:00Z" },
  { name: "firmware-2.bin", stored_at: "2026-01-03T10:00:00Z" },
];

function names(text) {
  return chosen(ASSETS, text).map(({ name }) => name);
}

test("the newest file comes first, and the search takes any part of the name", () => {
  assert.deepEqual(names(""), ["firmware-2.bin", "chime.wav", "Firmware-1.bin"]);
  assert.deepEqual(names(" FIRM"), ["firmware-2.bin", "Firmware-1.bin"]);
  assert.deepEqual(names(".*"), []);
});

test("sizes are in the unit that suits them", () => {
  assert.equal(sized(0), "0 bytes");
  assert.equal(sized(1), "1 byte");
  assert.equal(sized(999), "999 bytes");
  assert.equal(sized(1_000), "1 kB");
  assert.equal(sized(999_949), "999.9 kB");
  assert.equal(sized(999_950), "1 MB");
  assert.equal(sized(67_108_864), "67.1 MB");
  assert.equal(sized(5e12), "5,000 GB");
});
