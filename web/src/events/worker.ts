/** The worker that reads the stream for all tabs: a browser opens six connections to a host at most. */
import { StreamConnection } from "./connection.ts";
import { LEAVING, type StreamMessage } from "./messages.ts";

const pages = new Set<MessagePort>();

const connection = new StreamConnection((message) => {
  for (const page of pages) page.postMessage(message);
});

self.addEventListener("connect", (event) => {
  const page = (event as MessageEvent).ports[0];
  if (!page) return;
  pages.add(page);
  page.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === LEAVING) {
      pages.delete(page);
      if (pages.size === 0) connection.close();
    }
  };
  const state: StreamMessage = { kind: "connection", isOpen: connection.isOpen };
  page.postMessage(state);
  connection.open();
});
