import assert from "node:assert/strict";
import { test } from "node:test";

import { find } from "../src/router.ts";

const SCREENS = [{ path: "/" }, { path: "/devices/:mac" }];

function found(path) {
  return find(new URL(path, "http://host"), SCREENS);
}

test("parameters are read from the path", () => {
  assert.equal(found("/devices/02%3A00?edit").parameters.mac, "02:00");
  assert.ok(found("/devices/02:00?edit").query.has("edit"));
  assert.equal(found("/devices/%ff").parameters.mac, "%ff");
});

test("other addresses have no screen", () => {
  for (const path of ["/devices", "/devices/", "/devices/a/b", "/api/docs"])
    assert.equal(found(path), undefined);
});
