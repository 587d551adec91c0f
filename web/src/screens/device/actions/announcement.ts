/** What became of an announcement: the list of notifications has those that were not sent yet. */
import type { Schemas } from "../../../api/client.ts";

type Notification = Schemas["Notification"];

export interface Outcome {
  /** `sent`: the broker has taken it; `delayed`: it refused, and is asked again; `parked`: it refused too often. */
  kind: "waiting" | "sent" | "delayed" | "parked" | "disabled";
  /** Why it was refused; empty where it was not. */
  reason: string;
}

/** The outcome for a device, as the list says. Where it does not have all that wait, what is missing may wait, too. */
export function outcomeOf({ health, notifications }: Schemas["Notifications"], mac: string): Outcome {
  const found = notifications.find((each) => isOf(each, mac));
  if (!found) return { kind: notifications.length < health.pending ? "waiting" : "sent", reason: "" };
  const reason = found.last_error ?? "";
  if (health.state === "disabled") return { kind: "disabled", reason };
  if (found.parked) return { kind: "parked", reason };
  return { kind: reason === "" ? "waiting" : "delayed", reason };
}

function isOf({ announcement: { subject } }: Notification, mac: string): boolean {
  return subject.kind === "config" && subject.key === mac;
}
