/** Keeps a component up to date with what it shows, for as long as it is in the page. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

interface Listenable {
  listen(listener: () => void): () => void;
}

/** Renders its host again whenever a source has changed. */
export class Listening implements ReactiveController {
  private readonly host: ReactiveControllerHost;
  private readonly sources: readonly Listenable[];
  private ends: (() => void)[] = [];

  constructor(host: ReactiveControllerHost, ...sources: Listenable[]) {
    this.host = host;
    this.sources = sources;
    host.addController(this);
  }

  hostConnected(): void {
    this.ends = this.sources.map((source) =>
      source.listen(() => {
        this.host.requestUpdate();
      }),
    );
  }

  hostDisconnected(): void {
    for (const end of this.ends) end();
  }
}
