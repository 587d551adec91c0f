import { css, html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { shown, type ShownError } from "../shell/errors.ts";
import { strings } from "../strings/strings.ts";
import { session } from "./session.ts";

/** Asks the person to sign in, above everything else: what was typed below stays there. */
@customElement("sign-in-view")
export class SignInView extends LitElement {
  static override styles = [
    controls,
    css`
      dialog {
        width: 100vw;
        max-width: none;
        height: 100vh;
        max-height: none;
        padding: 0;
        border: 0;
        background: var(--ground);
        color: var(--text);
      }
      .content {
        display: grid;
        gap: 16px;
        width: min(420px, 100%);
        margin: 12vh auto 0;
        padding: 16px;
      }
      form,
      label {
        display: grid;
        gap: 6px;
      }
      p {
        margin: 0;
        overflow-wrap: anywhere;
      }
      .refused {
        padding: 8px 12px;
        border: 1px solid var(--bad);
        border-radius: var(--radius);
        background: var(--bad-ground);
      }
    `,
  ];

  @state() private error: ShownError | undefined;
  @state() private isBusy = false;
  @query("dialog") private readonly dialog!: HTMLDialogElement;
  @query("input") private readonly token!: HTMLInputElement;

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override updated(): void {
    if (session.isNeeded && !this.dialog.open) {
      this.dialog.showModal();
      this.token.focus();
    }
  }

  protected override render(): unknown {
    return html`<dialog aria-labelledby="heading" @cancel=${stay} @close=${this.requestUpdateNow}>
      ${session.isNeeded ? this.content() : nothing}
    </dialog>`;
  }

  private content(): unknown {
    const { access } = strings;
    return html`<div class="content">
      <h1 id="heading">${access.signInTo}</h1>
      <p>${strings.needsSignIn}</p>
      ${
        this.error
          ? html`<p class="refused" role="alert">
              ${this.error.sentence}
              ${
                this.error.requestId === null
                  ? nothing
                  : html`<span class="faint mono">${strings.request(this.error.requestId)}</span>`
              }
            </p>`
          : nothing
      }
      ${session.ways?.has_provider ? this.provider() : nothing}
      <form @submit=${this.onSubmit}>
        <label>
          ${access.token}
          <input
            type="password"
            name="token"
            required
            autocomplete="off"
            spellcheck="false"
            maxlength="200"
            aria-describedby="kept"
          />
        </label>
        <span class="faint" id="kept">${access.tokenKept}</span>
        <button class="primary" ?disabled=${this.isBusy}>${access.signInWithToken}</button>
      </form>
    </div>`;
  }

  private provider(): unknown {
    const back = encodeURIComponent(location.pathname + location.search);
    return html`<a class="button" href="/api/auth/login?redirect=${back}"
      >${strings.access.signInAtProvider}</a
    >`;
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    const token = this.token.value.trim();
    this.token.value = "";
    this.isBusy = true;
    this.error = undefined;
    try {
      await session.signIn(token);
    } catch (error) {
      const found = shown(error);
      this.error = found.needsSignIn ? { ...found, sentence: strings.access.tokenRefused } : found;
      this.isBusy = false;
      this.token.focus();
    }
  }

  /** A browser may close the dialog all the same: it is then opened again. */
  private requestUpdateNow(): void {
    this.requestUpdate();
  }
}

function stay(event: Event): void {
  event.preventDefault();
}

declare global {
  interface HTMLElementTagNameMap {
    "sign-in-view": SignInView;
  }
}
