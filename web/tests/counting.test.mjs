import assert from "node:assert/strict";
import { test } from "node:test";

import { countingIn } from "../src/strings/counting.ts";
import { de } from "../src/strings/de.ts";
import { en } from "../src/strings/en.ts";

/** What must not follow 1: plurals. Names, too, may stand where a number stands here: "1 has", "1 is". */
const PLURALS = {
  en: /(?<![\p{N},.])1 (?!has |is |was |waits )(\p{L}*s|have|wait) /u,
  de: /(?<![\p{N},.])1 (Geräten?|Platinen|Konfigurationen|Tage|Dateien|Änderungen|haben|warten) /u,
};

test("a noun has the form that its number asks for", () => {
  const { plural } = countingIn("en");
  assert.equal(plural(0, "device", "devices"), "0 devices");
  assert.equal(plural(1, "device", "devices"), "1 device");
  assert.equal(plural(1_204, "device", "devices"), "1,204 devices");
  assert.equal(countingIn("de").plural(1_204, "Gerät", "Geräte"), "1.204 Geräte");
});

for (const strings of [en, de]) {
  test(`no plural follows 1: ${strings.language}`, () => {
    const wrong = sentences(strings)
      .flatMap(([name, said]) =>
        [said(1, 0), said(1, 1), said(2, 1), said(0, 1)].map((text) => `${name}: ${text} `),
      )
      .filter((text) => PLURALS[strings.language].test(text));
    assert.deepEqual(wrong, []);
  });
}

/** The functions of a tree, each with its path. */
function sentences(tree, path = "") {
  return Object.entries(tree).flatMap(([name, value]) => {
    if (typeof value === "function") return [[`${path}${name}`, value]];
    return typeof value === "object" ? sentences(value, `${path}${name}.`) : [];
  });
}
