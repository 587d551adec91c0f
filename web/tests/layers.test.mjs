import assert from "node:assert/strict";
import { test } from "node:test";

import { formOf, moved, reachInWords, reachOf } from "../src/screens/layers/reach.ts";

const WORDS = {
  all: "all",
  ofModel: (model) => `of ${model}`,
  tagged: (tags) => `with ${tags}`,
  without: (reach, tags) => `${reach}, without ${tags}`,
  and: " and ",
};

const REACHES = [
  [{ all: true }, "all"],
  [{ model: "lamp" }, "of lamp"],
  [{ tags: ["floor-3"] }, "with floor-3"],
  [{ tags: ["a", "b"], not_tags: ["c", "d"] }, "with a and b, without c and d"],
];

test("a reach is said in words, and a form keeps it", () => {
  for (const [reach, said] of REACHES) {
    assert.equal(reachInWords(reach, WORDS), said);
    assert.deepEqual(reachOf(formOf(reach)), reach);
  }
});

test("tags are separated by spaces or commas", () => {
  const form = { kind: "tags", model: "lamp", tags: " a,  b\tc ", notTags: " " };
  assert.deepEqual(reachOf(form), { tags: ["a", "b", "c"] });
  assert.deepEqual(reachOf({ ...form, kind: "model", model: " lamp " }), { model: "lamp" });
});

test("a layer is moved by one step, and not beyond an end", () => {
  assert.deepEqual(moved(["a", "b", "c"], "a", 1), ["b", "a", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], "c", -1), ["a", "c", "b"]);
  for (const [name, step] of [
    ["a", -1],
    ["c", 1],
    ["d", 1],
  ])
    assert.deepEqual(moved(["a", "b", "c"], name, step), ["a", "b", "c"]);
});
