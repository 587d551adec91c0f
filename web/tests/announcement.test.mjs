import assert from "node:assert/strict";
import { test } from "node:test";

import { outcomeOf } from "../src/screens/device/actions/announcement.ts";

const MAC = "02:00:00:00:00:01";

function waiting(more = {}, mac = MAC) {
  return {
    announcement: { subject: { kind: "config", key: mac } },
    parked: false,
    last_error: null,
    ...more,
  };
}

function outcome(notifications, health = {}) {
  return outcomeOf({ health: { state: "ok", pending: notifications.length, ...health }, notifications }, MAC);
}

test("what is not in the list was sent", () => {
  assert.deepEqual(outcome([]), { kind: "sent", reason: "" });
  assert.equal(outcome([waiting({}, "02:00:00:00:00:02")]).kind, "sent");
});

test("what a list that is cut does not have may wait", () => {
  assert.equal(outcome([waiting({}, "02:00:00:00:00:02")], { pending: 2 }).kind, "waiting");
});

test("what is in the list waits, and says why", () => {
  assert.equal(outcome([waiting()]).kind, "waiting");
  assert.deepEqual(outcome([waiting({ last_error: "too large" })]), { kind: "delayed", reason: "too large" });
  assert.equal(outcome([waiting({ parked: true, last_error: "too large" })]).kind, "parked");
  assert.equal(outcome([waiting()], { state: "disabled" }).kind, "disabled");
});

test("a file of the same name is something else", () => {
  const file = { announcement: { subject: { kind: "asset", key: MAC } }, parked: false, last_error: null };
  assert.equal(outcome([file]).kind, "sent");
});
