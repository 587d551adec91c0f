/** Who uses the page: the caller, as the service knows it, and the ways to sign in. */
import { answer, api, content, type Schemas, SIGN_IN_NEEDED } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { events } from "../events/stream.ts";

export type Caller = Schemas["Principal"];
export type Ways = Schemas["SessionState"];

const ADMINISTRATOR = "admin";
/** Other tabs hear of a sign-in or sign-out. */
const CHANNEL = "iotconfig session";

type Listener = () => void;

export class Session {
  /** Undefined until it is known, and while nobody is signed in. */
  caller: Caller | undefined;
  ways: Ways | undefined;
  /** Whether the person must sign in before anything else. */
  isNeeded = false;

  private readonly listeners = new Set<Listener>();
  private readonly tabs = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : undefined;
  private checking: Promise<void> | undefined;

  /** Begin to follow the caller. */
  start(): void {
    window.addEventListener(SIGN_IN_NEEDED, () => void this.check());
    // A token that was revoked ends the stream.
    events.listen({ onClosed: () => void this.check() });
    this.tabs?.addEventListener("message", () => {
      if (this.isNeeded) location.reload();
      else void this.check();
    });
    void this.check();
  }

  /** Returns a function that ends it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether the caller may change things; what it may not do is not offered. */
  get mayChange(): boolean {
    return this.caller?.roles.includes(ADMINISTRATOR) ?? false;
  }

  /** Whether the caller is known to be one who may only look; keys that come before that are not lost. */
  get mayOnlyLook(): boolean {
    return this.caller !== undefined && !this.mayChange;
  }

  /** Ask the service who the caller is. */
  check(): Promise<void> {
    if (this.isNeeded) return Promise.resolve();
    this.checking ??= this.read().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  /**
   * Sign in with an API token, which is kept nowhere.
   *
   * @throws {Problem} The token is not valid.
   * @throws {Unreachable} There was no answer.
   */
  async signIn(token: string): Promise<void> {
    await answer(api.POST("/api/auth/session", { body: { token } }));
    this.tabs?.postMessage("in");
    // All that the page shows is read again, with the rights of the new caller.
    location.reload();
  }

  /** Sign out, at the identity provider, too, where it was the way in. Throws as `signIn` does. */
  async signOut(): Promise<void> {
    if (this.ways?.session === "provider") {
      location.assign("/api/auth/logout?redirect=/");
      return;
    }
    await answer(api.DELETE("/api/auth/session"));
    this.tabs?.postMessage("out");
    location.assign("/");
  }

  private async read(): Promise<void> {
    try {
      this.ways = await content(api.GET("/api/auth/session"));
      this.caller = await content(api.GET("/api/auth/self"));
    } catch (error) {
      // Whatever else failed, the screens say.
      if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 429)) return;
      this.caller = undefined;
      this.isNeeded = true;
      // Each request with a cookie that is no longer valid would count as a failed sign-in.
      if (this.ways?.session === "token") await api.DELETE("/api/auth/session").catch(() => undefined);
    }
    for (const listener of this.listeners) listener();
  }
}

export const session = new Session();
