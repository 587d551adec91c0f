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

export function readDraft(mac: string): Draft | undefined {
  try {
    const text = localStorage.getItem(PREFIX + mac);
    return text === null ? undefined : (JSON.parse(text) as Draft);
  } catch {
    return undefined;
  }
}

/** Returns false where the browser has no room for it. */
export function keepDraft(mac: string, draft: Draft): boolean {
  try {
    localStorage.setItem(PREFIX + mac, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(mac: string): void {
  try {
    localStorage.removeItem(PREFIX + mac);
  } catch {
    // A browser that keeps nothing has nothing to drop.
  }
}
