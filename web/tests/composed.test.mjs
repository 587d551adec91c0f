import assert from "node:assert/strict";
import { test } from "node:test";

import { linesOf } from "../src/screens/device/composed/composed-lines.ts";

function drawn(document, sources) {
  const members = Object.entries(sources).map(([pointer, layer]) => ({ pointer, layer, shadows: [] }));
  return linesOf(document, members).map(({ text, member }) => [text, member?.layer]);
}

test("each line has the source of its value", () => {
  const sources = { "/a": "base", "/b/c": "floor-3", "/b/d~1e": null, "/f": "base" };
  assert.deepEqual(drawn('{"a":1.10,"b":{"c":"}","d/e":true},"f":[1,{"g":2}]}', sources), [
    ["{", undefined],
    ['  "a": 1.10,', "base"],
    ['  "b": {', undefined],
    ['    "c": "}",', "floor-3"],
    ['    "d/e": true', null],
    ["  },", undefined],
    ['  "f": [', "base"],
    ["    1,", "base"],
    ["    {", "base"],
    ['      "g": 2', "base"],
    ["    }", undefined],
    ["  ]", undefined],
    ["}", undefined],
  ]);
});

test("an empty document has one line", () => {
  assert.deepEqual(drawn("{}", {}), [["{}", undefined]]);
});
