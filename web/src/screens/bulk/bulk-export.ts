/** The configs of some devices as a file, in the form that an import reads. */
import { Problem, Unreachable } from "../../api/problem.ts";
import { SIGN_IN_NEEDED } from "../../api/client.ts";

const ADDRESS = "/api/configs/export";

/**
 * Download the configs of these devices, exactly as they are stored.
 *
 * The service exports the whole fleet in one consistent snapshot; the page keeps the lines of these devices.
 *
 * @returns The number of configs in the file.
 * @throws {Problem} The service refused.
 * @throws {Unreachable} There was no answer, or not all of it.
 */
export async function exported(macs: readonly string[], file: string): Promise<number> {
  const wanted = new Set(macs);
  const kept: string[] = [];
  try {
    const response = await fetch(ADDRESS, { credentials: "same-origin", cache: "no-store" });
    if (response.status === 401) window.dispatchEvent(new Event(SIGN_IN_NEEDED));
    if (!response.ok || response.body === null) throw Problem.of(response, await described(response));
    for await (const line of lines(response.body)) {
      const mac = /^\{"mac_address": ?"([0-9a-f:]{17})"/.exec(line)?.[1];
      if (mac !== undefined && wanted.has(mac)) kept.push(line, "\n");
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Unreachable(error);
  }
  save(new Blob(kept, { type: "application/x-ndjson" }), file);
  return kept.length / 2;
}

async function* lines(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

function save(blob: Blob, file: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  // The browser reads the blob after this call.
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}

async function described(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown;
  } catch {
    return undefined;
  }
}
