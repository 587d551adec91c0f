import assert from "node:assert/strict";
import { test } from "node:test";

import { presentableDiff } from "@codemirror/merge";

import { applied, editsOf, isDisputed, takenOver } from "../src/documents/conflict/three-way.ts";

const BASE = '{"name": "Porch", "gain": 1.10, "tags": ["a", "b"]}';

function edits(text, base = BASE) {
  return editsOf(text, presentableDiff(base, text));
}

function merged(theirs, mine, base = BASE) {
  return applied(mine, takenOver(base, edits(theirs, base), edits(mine, base)));
}

test("changes of different places are both there, also on one line", () => {
  const mine = BASE.replace("Porch", "Porch light");
  const theirs = BASE.replace("1.10", "9").replace('"b"', '"b", "c"');
  assert.equal(isDisputed(edits(theirs), edits(mine)), false);
  assert.equal(merged(theirs, mine), theirs.replace("Porch", "Porch light"));
  assert.equal(merged(mine, theirs), theirs.replace("Porch", "Porch light"));
});

test("the same change of both is there once", () => {
  const both = BASE.replace("1.10", "9");
  assert.equal(isDisputed(edits(both), edits(both)), false);
  assert.equal(merged(both, both), both);
});

test("a change of the same place takes the place of mine, and of nothing else", () => {
  const mine = BASE.replace("Porch", "Attic").replace('"b"', '"z"');
  const theirs = BASE.replace("Porch", "Cellar");
  assert.equal(isDisputed(edits(theirs), edits(mine)), true);
  assert.equal(merged(theirs, mine), theirs.replace('"b"', '"z"'));
});

test("two insertions at one place are disputed", () => {
  const mine = BASE.replace("]}", "]}\n");
  const theirs = BASE.replace("]}", "]} ");
  assert.equal(isDisputed(edits(theirs), edits(mine)), true);
  assert.equal(merged(theirs, mine), theirs);
});

test("what I removed comes back where they changed it", () => {
  const mine = BASE.replace(', "gain": 1.10', "");
  const theirs = BASE.replace("1.10", "9");
  assert.equal(isDisputed(edits(theirs), edits(mine)), true);
  assert.equal(merged(theirs, mine), theirs);
});

test("any two texts: taking over everything from a base that I did not change gives theirs", () => {
  for (const theirs of ["", "{}", BASE + BASE, BASE.toUpperCase(), `\n${BASE}`])
    assert.equal(merged(theirs, BASE), theirs);
});

test("where everything is disputed, theirs is the result", () => {
  assert.equal(merged('{"x": 1}', '{"y": 2}', "{}"), '{"x": 1}');
});
