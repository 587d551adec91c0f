import assert from "node:assert/strict";
import { test } from "node:test";

import { ago } from "../src/parts/times.ts";
import { chosen } from "../src/strings/strings.ts";

test("a moment is named in the largest unit that it fills", () => {
  const now = Date.UTC(2026, 0, 2);
  assert.match(ago(now - 59_000, now), /59/);
  assert.match(ago(now - 119_000, now), /1 min/);
  assert.match(ago(now - 7_300_000, now), /2 hours/);
});

test("the first language that there are strings of is taken", () => {
  assert.equal(chosen(["fr-FR", "de-CH", "en"]).language, "de");
  assert.equal(chosen(["fr"]).language, "en");
});
