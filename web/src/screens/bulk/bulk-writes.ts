/** Changes of many devices over the API: what they would do, what they did, and what became of one whose answer was lost. */
import { api, content, type Schemas } from "../../api/client.ts";
import type { BulkJob, Fated, Outcome } from "./bulk-job.ts";

export type Sample = Schemas["Sample"];
type Result = Schemas["PatchedConfig"];
type Report = Schemas["Tagged"] & { samples?: Sample[] };

/** What a write would do, or did. */
export interface Told {
  outcome: Outcome;
  /** Differences of tags, by device. */
  tagged: readonly Result[];
  /** Differences of documents, in a dry run. */
  samples: readonly Sample[];
}

const PAGE = 1_000;
/** Writes to look through for the one whose answer was lost. */
const RECENT = 20;

/** What it would do; nothing is stored. Throws as `content` does. */
export async function previewed(job: BulkJob): Promise<Told> {
  if (job.kind === "announce" || job.kind === "export") {
    return { outcome: { change: null, fates: all(job, "changed") }, tagged: [], samples: [] };
  }
  return told(job, await sent(job, job.macs, { dry_run: true, keep_going: true }, null));
}

/**
 * Do it. Throws as `content` does; a `Problem` with 412 if other devices are selected than those that were counted.
 *
 * @param preview What was shown: devices without a config are left out.
 */
export async function written(job: BulkJob, preview: Outcome, message: string | null): Promise<Outcome> {
  const there = preview.fates.filter(({ fate }) => fate !== "missing").map(({ mac }) => mac);
  if (job.kind === "announce") return announced(job);
  const { outcome } = told(job, await sent(job, there, { keep_going: true }, message));
  const counted = new Set(there);
  const fates = outcome.fates.map(({ mac, ...each }): Fated =>
    counted.has(mac) ? { mac, ...each } : { mac, fate: "missing" },
  );
  return { ...outcome, fates };
}

/** Tags that were typed. */
export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/**
 * What became of a job whose answer was never read: devices of its write in the change log have changed, and a dry run
 * tells of the others. Throws as `content` does.
 */
export async function recovered(job: BulkJob): Promise<Outcome> {
  if (job.kind === "announce") return { change: null, fates: all(job, "unknown") };
  const { outcome } = await previewed(job);
  const settled = outcome.fates.find(({ fate }) => fate === "same");
  const change = settled && (await writeOf(job, settled.mac));
  const logged = new Map((change?.entries ?? []).map((each) => [each.subject, each.revision]));
  const fates = outcome.fates.map((each): Fated => {
    const revision = logged.get(each.mac);
    if (revision !== undefined) return { mac: each.mac, fate: "changed", revision };
    return each.fate === "changed" ? { mac: each.mac, fate: "unknown" } : each;
  });
  return { change: change?.id ?? null, fates };
}

/** The devices of a write that another browser has made. Throws as `content` does. */
export async function logged(change: string): Promise<Outcome> {
  const entries = await entriesOf(change);
  return {
    change,
    fates: entries.map(({ subject, revision }) => ({ mac: subject, fate: "changed", revision })),
  };
}

async function sent(
  job: BulkJob,
  macs: readonly string[],
  query: { dry_run?: boolean; keep_going: boolean },
  message: string | null,
): Promise<Report> {
  const selected = {
    mac_addresses: [...macs],
    allow_empty: true,
    ...(query.dry_run !== true && { expect: macs.length }),
    ...(message !== null && { message }),
  };
  if (job.kind === "tags") {
    const body = { ...selected, add: words(job.add), remove: words(job.remove) };
    return content(api.POST("/api/devices/tags", { params: { query }, body }));
  }
  // The patch is sent as it was typed: numbers and escapes would not survive a conversion.
  const bodySerializer = (): string => `${JSON.stringify(selected).slice(0, -1)},"merge":${job.patch}}`;
  const body = { ...selected, merge: {} };
  return content(api.POST("/api/configs/patch", { params: { query }, body, bodySerializer }));
}

function told(job: BulkJob, report: Report): Told {
  const results = new Map(report.results.map((each) => [each.mac_address, each]));
  const refusals = new Map(report.errors.map((each) => [each.place, each]));
  const fates = job.macs.map((mac): Fated => {
    const result = results.get(mac);
    const refusal = refusals.get(mac);
    if (refusal?.code === "RECORD_NOT_FOUND") return { mac, fate: "missing" };
    if (refusal) return { mac, fate: "refused", reason: refusal.error };
    // Of more than 1,000 refusals, the service lists the first.
    if (!result) return { mac, fate: "refused" };
    const fate = result.outcome === "same" ? "same" : "changed";
    return { mac, fate, ...(result.revision !== null && { revision: result.revision }) };
  });
  return {
    outcome: { change: report.change, fates },
    tagged: report.results.filter(({ tags }) => tags),
    samples: report.samples ?? [],
  };
}

async function announced(job: BulkJob): Promise<Outcome> {
  const body = { mac_addresses: [...job.macs], hints_per_second: job.hints ? job.rate : null };
  const { missing } = await content(api.POST("/api/configs/announce", { body }));
  const gone = new Set(missing);
  const fates = job.macs.map((mac): Fated => ({ mac, fate: gone.has(mac) ? "missing" : "changed" }));
  return { change: null, fates };
}

/** The write of a job, found in the log of one of its devices. */
async function writeOf(
  job: BulkJob,
  mac: string,
): Promise<{ id: string; entries: readonly Schemas["LoggedChange"][] } | undefined> {
  const query = { device: mac, limit: RECENT };
  const { changes } = await content(api.GET("/api/changes", { params: { query } }));
  const macs = new Set(job.macs);
  const kind = job.kind === "tags" ? "tags" : "config";
  for (const each of changes) {
    if (each.kind !== kind || each.message !== (job.sent ?? null)) continue;
    const entries = await entriesOf(each.change);
    if (entries.every(({ subject }) => macs.has(subject))) return { id: each.change, entries };
  }
  return undefined;
}

async function entriesOf(change: string): Promise<readonly Schemas["LoggedChange"][]> {
  const found: Schemas["LoggedChange"][] = [];
  let cursor: string | null = null;
  do {
    const query = { change, limit: PAGE, ...(cursor !== null && { cursor }) };
    const page: Schemas["Changes"] = await content(api.GET("/api/changes", { params: { query } }));
    found.push(...page.changes);
    // The entries of a write stand together.
    cursor = found.length > 0 && page.changes.length === 0 ? null : page.next;
  } while (cursor !== null);
  return found;
}

function all(job: BulkJob, fate: "changed" | "unknown"): Fated[] {
  return job.macs.map((mac) => ({ mac, fate }));
}
