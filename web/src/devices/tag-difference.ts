/** Tags with a sign: those that came, and those that went. */
export function labels({ added, removed }: { added: readonly string[]; removed: readonly string[] }): string {
  return [...added.map((tag) => `+${tag}`), ...removed.map((tag) => `−${tag}`)].join(" ");
}
