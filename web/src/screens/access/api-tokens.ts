import { css, html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { answer, api, content, type Schemas } from "../../api/client.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { strings } from "../../strings/strings.ts";
import { tokenLists } from "./list-styles.ts";
import "./new-secret.ts";
import "./revoke-button.ts";

type Token = Schemas["ListedToken"];

const DAY = 86_400_000;
/** Days for which a new token is valid; 0 for ever. */
const LIFETIMES = [30, 90, 365, 0] as const;

/** The API tokens: made, shown once, revoked. */
@customElement("api-tokens")
export class ApiTokens extends LitElement {
  static override styles = [
    controls,
    tokenLists,
    css`
      :host {
        --facts: 4;
      }
    `,
  ];

  @state() private tokens: readonly Token[] | undefined;
  @state() private made: { owner: string; secret: string } | undefined;
  @state() private isBusy = false;
  @query("form") private readonly form!: HTMLFormElement;

  override connectedCallback(): void {
    super.connectedCallback();
    this.read().catch(report);
  }

  protected override render(): unknown {
    const { access } = strings;
    const ended = this.tokens?.filter(({ state }) => state !== "active") ?? [];
    const active = this.tokens?.filter(({ state }) => state === "active") ?? [];
    return html`
      <h2>${access.apiTokens}</h2>
      <p class="faint">${access.apiTokensMeaning}</p>
      <form @submit=${this.create}>
        <label>
          ${access.name}
          <input
            name="name"
            required
            maxlength="64"
            pattern="[A-Za-z0-9][A-Za-z0-9._@\\-]*"
            autocomplete="off"
          />
        </label>
        <label>
          ${access.role}
          <select name="role">
            <option value="viewer">${access.roles.viewer}</option>
            <option value="admin">${access.roles.admin}</option>
            <option value="asset-uploader">${access.roles["asset-uploader"]}</option>
          </select>
        </label>
        <label>
          ${access.validFor}
          <select name="days">
            ${LIFETIMES.map((days) => html`<option value=${days}>${access.days(days)}</option>`)}
          </select>
        </label>
        <button class="primary" ?disabled=${this.isBusy}>${access.createToken}</button>
      </form>
      ${
        this.made
          ? html`<new-secret
              .owner=${this.made.owner}
              .secret=${this.made.secret}
              @close=${() => {
                this.made = undefined;
              }}
            ></new-secret>`
          : nothing
      }
      ${this.tokens === undefined ? html`<p>${strings.loading}</p>` : nothing}
      ${this.tokens !== undefined && active.length === 0 ? html`<p>${access.noTokens}</p>` : nothing}
      ${active.length > 0 ? this.list(active, access.apiTokens) : nothing}
      ${
        ended.length > 0
          ? html`<details>
              <summary>${access.ended(ended.length)}</summary>
              ${this.list(ended, access.ended(ended.length))}
            </details>`
          : nothing
      }
    `;
  }

  private list(tokens: readonly Token[], label: string): unknown {
    return html`<ul aria-label=${label}>
      ${repeat(
        tokens,
        ({ name }) => name,
        (token) => this.row(token),
      )}
    </ul>`;
  }

  private row(token: Token): unknown {
    const { access } = strings;
    const { name, role, state, created_at, expires_at, last_used_at, revoked_at } = token;
    return html`<li>
      <strong>${name}</strong>
      <span>${access.roles[role]}</span>
      <span class="faint">${access.created} <relative-time .at=${created_at}></relative-time></span>
      <span class="faint">${access.used} <relative-time .at=${last_used_at}></relative-time></span>
      ${
        state === "revoked"
          ? html`<span>${access.revoked} <relative-time .at=${revoked_at}></relative-time></span>`
          : html`<span class="faint">
              ${state === "expired" ? access.expired : access.expires}
              ${expires_at === null ? access.neverExpires : html`<relative-time .at=${expires_at}></relative-time>`}
            </span>`
      }
      ${
        state === "active"
          ? html`<revoke-button
              .owner=${name}
              .warning=${this.isOwn(name) ? access.revokeOwn : ""}
              @revoke=${() => this.revoke(name)}
            ></revoke-button>`
          : html`<span></span>`
      }
    </li>`;
  }

  /** Whether the person is signed in with it. */
  private isOwn(name: string): boolean {
    return session.caller?.subject === name && session.ways?.session === "token";
  }

  private async read(): Promise<void> {
    this.tokens = (await content(api.GET("/api/tokens"))).tokens;
  }

  private async create(event: Event): Promise<void> {
    event.preventDefault();
    const given = new FormData(this.form);
    const days = Number(given.get("days"));
    const body = {
      name: given.get("name") as string,
      role: given.get("role") as Token["role"],
      expires_at: days === 0 ? null : new Date(Date.now() + days * DAY).toISOString(),
    };
    this.isBusy = true;
    try {
      const { name, token } = await content(api.POST("/api/tokens", { body }));
      this.made = { owner: name, secret: token };
      this.form.reset();
      await this.read();
    } catch (error) {
      report(error);
    } finally {
      this.isBusy = false;
    }
  }

  private async revoke(name: string): Promise<void> {
    try {
      await answer(api.DELETE("/api/tokens/{name}", { params: { path: { name } } }));
      if (this.made?.owner === name) this.made = undefined;
      await this.read();
    } catch (error) {
      report(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "api-tokens": ApiTokens;
  }
}
