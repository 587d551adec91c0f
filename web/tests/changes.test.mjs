import assert from "node:assert/strict";
import { test } from "node:test";

import { joined as joinedBy } from "../src/parts/joined.ts";
import { grouped } from "../src/screens/changes/change-groups.ts";
import { addressOf, parametersOf, readView } from "../src/screens/changes/changes-view.ts";

function change(position, write = `write-${position}`) {
  return { position, change: write };
}

function joined(newest, known, isEnd) {
  return joinedBy(newest, known, isEnd, ({ position }) => position);
}

function positions(changes) {
  return changes?.map((each) => each.position);
}

test("neighbours of one write are one group", () => {
  const groups = grouped([change(5, "b"), change(4, "a"), change(3, "a"), change(2, "c")]);
  assert.deepEqual(
    groups.map((group) => positions(group.entries)),
    [[5], [4, 3], [2]],
  );
  assert.deepEqual(grouped([]), []);
});

test("a newer page is put in front of what is known, and nothing twice", () => {
  assert.deepEqual(positions(joined([change(5), change(4)], [change(4), change(3)], false)), [5, 4, 3]);
});

test("a gap between a newer page and what is known is no log", () => {
  assert.equal(joined([change(9), change(8)], [change(3)], false), undefined);
  assert.equal(joined([change(9)], [], false), undefined);
});

test("a page without older ones is the whole log", () => {
  assert.deepEqual(positions(joined([change(9)], [change(3)], true)), [9]);
  assert.deepEqual(positions(joined([], [change(3)], true)), []);
});

test("a page in which nothing was found takes nothing away, where there are older ones", () => {
  assert.deepEqual(positions(joined([], [change(3)], false)), [3]);
});

test("an address has the whole view, and the API gets the same", () => {
  const address =
    "/changes?device=02%3A00%3A00%3A00%3A00%3A01&author=anna&operation=tag&from=2026-01-01T00%3A00%3A00.000Z&tag=%21old&tag=a";
  const view = readView(new URL(address, "http://host").searchParams);
  assert.equal(addressOf(view), address);
  assert.deepEqual(parametersOf(view), {
    device: "02:00:00:00:00:01",
    author: "anna",
    operation: "tag",
    from: "2026-01-01T00:00:00.000Z",
    tag: ["!old", "a"],
  });
});

test("what an address says that is no view is left out", () => {
  const view = readView(new URLSearchParams("operation=explode&from=yesterday&colour=red"));
  assert.equal(addressOf(view), "/changes");
  assert.deepEqual(parametersOf(view), {});
});
