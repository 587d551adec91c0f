import assert from "node:assert/strict";
import { test } from "node:test";

import decodeQR from "qr/decode.js";

import { codeOf, svgOf } from "../src/labels/qr-path.ts";
import { devicesOf, isLoopback, sheetAddress } from "../src/labels/sheet.ts";

const PAGE = "https://iot.example.com/devices/02:00:00:00:1a:2b";

/** The pixels of a code, from its outline. */
function pixels({ size, path }, scale) {
  const data = new Uint8Array(size * size * scale * scale * 4).fill(255);
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g).map((found) => found.map(Number)))
    for (let row = y * scale; row < (y + 1) * scale; row++)
      for (let column = x * scale; column < (x + width) * scale; column++)
        data.fill(0, (row * size * scale + column) * 4, (row * size * scale + column) * 4 + 3);
  return { width: size * scale, height: size * scale, data };
}

test("a reader finds the page of the device in a label", () => {
  assert.equal(decodeQR(pixels(codeOf(PAGE), 4)), PAGE);
});

test("a file of a code is a picture without anything that runs", () => {
  assert.match(
    svgOf(PAGE),
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"[^>]*>(<path [^<>]*\/>){2}<\/svg>\n$/,
  );
});

test("the address of a sheet has its devices, each once", () => {
  const macs = ["02:00:00:00:1a:2b", "02:00:00:00:00:01"];
  const address = sheetAddress(macs);
  assert.equal(address, "/labels#020000001a2b,020000000001");
  assert.deepEqual(devicesOf(new URL(address, PAGE).hash), macs);
  assert.deepEqual(devicesOf("#020000000001,02:00:00:00:00:01,<b>,,"), ["02:00:00:00:00:01"]);
  assert.deepEqual(devicesOf(""), []);
});

test("an address that only this machine reaches is told apart", () => {
  for (const name of ["localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
    assert.equal(isLoopback(name), true, name);
  for (const name of ["iot.example.com", "192.168.0.7", "localhost.example.com", "[fd00::1]"])
    assert.equal(isLoopback(name), false, name);
});
