/** A change of many devices that is prepared or was made: it survives a reload and a closed tab, in this browser. */

export const KINDS = ["tags", "patch", "announce", "export"] as const;
export type Kind = (typeof KINDS)[number];

/** What became of a device; `unknown`: the write was sent, and its answer never read. */
export type Fate = "changed" | "same" | "refused" | "missing" | "unknown";

export interface Fated {
  mac: string;
  fate: Fate;
  /** The revision of its config since then. */
  revision?: number;
  /** Why it was refused, in the words of the service. */
  reason?: string;
}

export interface Outcome {
  /** The id of the write; null where nothing was stored. */
  change: string | null;
  fates: readonly Fated[];
}

export interface BulkJob {
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
  macs: readonly string[];
  kind: Kind;
  /** Tags, with spaces between them. */
  add: string;
  remove: string;
  /** The merge patch as it was typed. */
  patch: string;
  /** Whether devices are told to restart, too. */
  hints: boolean;
  /** Devices a second that are told so. */
  rate: number;
  /** The reason, as it was sent; undefined until then. */
  sent?: string | null;
  outcome?: Outcome;
}

export const PATH = "/bulk";
const PREFIX = "iotconfig bulk ";
/** Jobs that are kept: 10,000 devices take 600 KB, and browsers keep 5 MB for a site. */
const KEPT = 3;

/** Jobs that the browser had no room for live as long as the page. */
const unkept = new Map<string, BulkJob>();

/** The address of a job. */
export function addressOf({ id, outcome }: BulkJob): string {
  const query = new URLSearchParams({ job: id });
  if (outcome?.change) query.set("change", outcome.change);
  return `${PATH}?${query.toString()}`;
}

/** A new job for these devices. */
export function begin(macs: readonly string[]): BulkJob {
  const digits = crypto.getRandomValues(new Uint8Array(8));
  const id = Array.from(digits, (each) => each.toString(16).padStart(2, "0")).join("");
  const tags = { add: "", remove: "" };
  const job: BulkJob = {
    id,
    at: Date.now(),
    macs,
    kind: "tags",
    ...tags,
    patch: "{\n  \n}\n",
    hints: false,
    rate: 10,
  };
  keep(job);
  return job;
}

export function read(id: string): BulkJob | undefined {
  return unkept.get(id) ?? stored(PREFIX + id);
}

/** Returns false where the browser has no room for it. */
export function keep(job: BulkJob): boolean {
  for (const old of recent().slice(KEPT - 1)) if (old.id !== job.id) drop(old.id);
  try {
    localStorage.setItem(PREFIX + job.id, JSON.stringify(job));
    unkept.delete(job.id);
    return true;
  } catch {
    unkept.set(job.id, job);
    return false;
  }
}

/** The jobs that the browser has, the newest first. */
export function recent(): readonly BulkJob[] {
  const found = new Map(unkept);
  try {
    for (const key of Object.keys(localStorage)) {
      const job = key.startsWith(PREFIX) ? stored(key) : undefined;
      if (job) found.set(job.id, job);
    }
  } catch {
    // A browser that keeps nothing has no jobs.
  }
  return [...found.values()].sort((one, other) => other.at - one.at);
}

/** Call a listener when another tab has changed a job. Returns a function that ends it. */
export function onKept(listener: (id: string) => void): () => void {
  const onStorage = ({ key }: StorageEvent): void => {
    if (key?.startsWith(PREFIX)) listener(key.slice(PREFIX.length));
  };
  window.addEventListener("storage", onStorage);
  return () => {
    window.removeEventListener("storage", onStorage);
  };
}

function drop(id: string): void {
  unkept.delete(id);
  try {
    localStorage.removeItem(PREFIX + id);
  } catch {
    // A browser that keeps nothing has nothing to drop.
  }
}

function stored(key: string): BulkJob | undefined {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as BulkJob);
  } catch {
    return undefined;
  }
}
