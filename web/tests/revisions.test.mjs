import assert from "node:assert/strict";
import { test } from "node:test";

import { comparedBy, picked } from "../src/history/compared.ts";

test("an address compares two revisions, the earlier one first", () => {
  assert.deepEqual(comparedBy(new URLSearchParams("from=3&to=12")), [3, 12]);
  assert.deepEqual(comparedBy(new URLSearchParams("from=12&to=3")), [3, 12]);
});

test("an address without two revisions compares nothing", () => {
  for (const query of [
    "",
    "from=3",
    "from=3&to=3",
    "from=3&to=x",
    "from=-1&to=2",
    "from=0&to=2",
    "from=1e3&to=2",
  ])
    assert.equal(comparedBy(new URLSearchParams(query)), undefined, query);
});

test("of the two before a third one, the later stays", () => {
  assert.deepEqual(picked([], 3), [3]);
  assert.deepEqual(picked([3], 12), [3, 12]);
  assert.deepEqual(picked([3], 1), [1, 3]);
  assert.deepEqual(picked([3, 12], 3), [12]);
  assert.deepEqual(picked([3, 12], 7), [7, 12]);
});
