/** Texts that were typed and not saved: they survive a reload, a closed tab and a lost session. */

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
/** Drafts that the browser had no room for, by MAC address: they live as long as the page. */
const unkept = new Map<string, Draft>();

export function readDraft(mac: string): Draft | undefined {
  const draft = unkept.get(mac);
  if (draft) return draft;
  try {
    const text = localStorage.getItem(PREFIX + mac);
    return text === null ? undefined : (JSON.parse(text) as Draft);
  } catch {
    return undefined;
  }
}

/** Returns false where the browser has no room for it: it is then lost with the page. */
export function keepDraft(mac: string, draft: Draft): boolean {
  try {
    localStorage.setItem(PREFIX + mac, JSON.stringify(draft));
    unkept.delete(mac);
    return true;
  } catch {
    unkept.set(mac, draft);
    return false;
  }
}

export function dropDraft(mac: string): void {
  unkept.delete(mac);
  try {
    localStorage.removeItem(PREFIX + mac);
  } catch {
    // A browser that keeps nothing has nothing to drop.
  }
}
