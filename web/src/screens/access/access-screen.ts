import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { Listening } from "../../parts/listening.ts";
import { controls } from "../../parts/shared-styles.ts";
import type { Address } from "../../router.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { strings } from "../../strings/strings.ts";
import "./api-tokens.ts";
import "./device-tokens.ts";

/** Who the caller is, and the tokens of programs and devices, which administrators manage. */
@customElement("access-screen")
export class AccessScreen extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        align-content: start;
        gap: 24px;
        padding: 12px 16px;
      }
      .self {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--gap) 16px;
      }
      p {
        margin: 0;
        overflow-wrap: anywhere;
      }
      .self p:first-child {
        flex: 1 1 260px;
      }
      .off {
        flex-basis: 100%;
        padding: 6px 12px;
        border-radius: var(--radius);
        background: var(--warn-ground);
      }
    `,
  ];

  @property({ attribute: false }) address: Address | undefined;

  constructor() {
    super();
    new Listening(this, session);
  }

  protected override render(): unknown {
    const { access } = strings;
    return html`
      <h1>${access.title}</h1>
      ${this.self()}
      ${
        session.mayChange
          ? html`<api-tokens></api-tokens><device-tokens></device-tokens>`
          : session.caller && html`<p>${access.onlyAdministrators}</p>`
      }
    `;
  }

  private self(): unknown {
    const { caller, ways } = session;
    if (!caller || !ways) return html`<p>${strings.loading}</p>`;
    const { access } = strings;
    const name = caller.name ?? caller.subject;
    return html`<section class="self" aria-label=${access.self}>
      <p>
        <bdi><strong>${name}</strong></bdi>
        ${name === caller.subject ? nothing : html`<bdi class="faint mono">${caller.subject}</bdi>`}
        ${caller.email === null ? nothing : html`<bdi class="faint">${caller.email}</bdi>`} ·
        ${caller.roles.map((role) => access.roles[role]).join(", ") || access.noRole}
      </p>
      ${ways.session === null ? nothing : html`<button @click=${signOut}>${access.signOut}</button>`}
      ${ways.is_required ? nothing : html`<p class="off">${access.off} <code>IOTCONFIG_AUTH=on</code></p>`}
    </section>`;
  }
}

function signOut(): void {
  session.signOut().catch(report);
}

declare global {
  interface HTMLElementTagNameMap {
    "access-screen": AccessScreen;
  }
}
