import assert from "node:assert/strict";
import { test } from "node:test";

import { wholeAddress } from "../src/devices/mac-address.ts";
import { found } from "../src/screens/new-boards/boards.ts";

const BOARDS = ["02:00:00:00:1a:2b", "02:00:1a:2b:00:01", "02:00:00:00:00:03"].map((mac_address) => ({
  mac_address,
}));

function macs(text) {
  return found(BOARDS, text).map(({ mac_address }) => mac_address.slice(-5));
}

test("the last digits of a label find the board, in any spelling", () => {
  for (const text of ["1a2b", "1A:2B", " 1a-2b "]) assert.deepEqual(macs(text), ["1a:2b", "00:01"], text);
  assert.deepEqual(macs("0003"), ["00:03"]);
  assert.deepEqual(macs(" "), ["1a:2b", "00:01", "00:03"]);
});

test("what is no part of a MAC address finds nothing", () => {
  assert.deepEqual(macs("porch"), []);
  assert.deepEqual(macs(":"), []);
});

test("a whole address is recognised, and nothing shorter", () => {
  assert.equal(wholeAddress("0200.0000.1A2B"), "02:00:00:00:1a:2b");
  assert.equal(wholeAddress("0200.0000.1A2"), undefined);
  assert.equal(wholeAddress("0200.0000.1A2X"), undefined);
});
