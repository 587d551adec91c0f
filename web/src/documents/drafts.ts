/**
 * Texts that were typed and not saved: they survive a reload, a closed tab and a lost session.
 *
 * Each tab has its own draft of a device, so that two tabs do not overwrite each other's.
 */

export interface Draft {
  text: string;
  /** The revision that the text was made from. */
  revision: number;
  /** The text of that revision. */
  base: string;
  /** Milliseconds since the epoch. */
  at: number;
}

const PREFIX = "iotconfig draft ";
const TAB = "iotconfig tab";
/** Drafts that the browser had no room for, by MAC address: they live as long as the page. */
const unkept = new Map<string, Draft>();
/** Where a draft of another tab, such as a closed one, was found, and what it was, by MAC address. */
const found = new Map<string, { key: string; kept: string }>();

/** The draft of this tab; without one, the newest of other tabs. */
export function readDraft(mac: string): Draft | undefined {
  const draft = unkept.get(mac);
  if (draft) return draft;
  try {
    return stored(ownKey(mac)) ?? newest(mac);
  } catch {
    return undefined;
  }
}

/** Returns false where the browser has no room for it: it is then lost with the page. */
export function keepDraft(mac: string, draft: Draft): boolean {
  try {
    localStorage.setItem(ownKey(mac), JSON.stringify(draft));
    unkept.delete(mac);
    return true;
  } catch {
    unkept.set(mac, draft);
    return false;
  }
}

/** Forget the draft of this tab, and that of another one which it was begun with, unless somebody goes on with it there. */
export function dropDraft(mac: string): void {
  const begun = found.get(mac);
  unkept.delete(mac);
  found.delete(mac);
  try {
    localStorage.removeItem(ownKey(mac));
    const key = begun?.key ?? "";
    if (localStorage.getItem(key) === begun?.kept) localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing has nothing to drop.
  }
}

function newest(mac: string): Draft | undefined {
  let draft: Draft | undefined;
  for (const key of Object.keys(localStorage)) {
    const other = key.startsWith(PREFIX + mac) ? stored(key) : undefined;
    if (!other || other.at <= (draft?.at ?? 0)) continue;
    draft = other;
    found.set(mac, { key, kept: localStorage.getItem(key) ?? "" });
  }
  return draft;
}

function stored(key: string): Draft | undefined {
  const text = localStorage.getItem(key);
  return text === null ? undefined : (JSON.parse(text) as Draft);
}

function ownKey(mac: string): string {
  return `${PREFIX}${mac} ${tab()}`;
}

/** The name of this tab, which survives a reload. */
function tab(): string {
  const known = sessionStorage.getItem(TAB);
  if (known !== null) return known;
  const name = crypto.getRandomValues(new Uint32Array(2)).join("-");
  sessionStorage.setItem(TAB, name);
  return name;
}
