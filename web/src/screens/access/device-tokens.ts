import { css, html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { answer, api, content, type Schemas } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { report } from "../../shell/errors.ts";
import { strings } from "../../strings/strings.ts";
import { asking, tokenLists } from "./list-styles.ts";
import "./new-secret.ts";
import "./revoke-button.ts";

type Token = Schemas["ListedDeviceToken"];

const PAGE = 100;

/** The tokens of devices: made, shown once, replaced, revoked. */
@customElement("device-tokens")
export class DeviceTokens extends LitElement {
  static override styles = [
    controls,
    tokenLists,
    asking,
    css`
      :host {
        --facts: 1;
      }
    `,
  ];

  @state() private tokens: readonly Token[] | undefined;
  @state() private next: string | null = null;
  @state() private made: { owner: string; secret: string } | undefined;
  /** The device that has a token already, for which a new one was asked. */
  @state() private taken: string | undefined;
  @state() private isBusy = false;
  @query("form") private readonly form!: HTMLFormElement;

  override connectedCallback(): void {
    super.connectedCallback();
    this.read().catch(report);
  }

  protected override render(): unknown {
    const { access } = strings;
    return html`
      <h2>${access.deviceTokens}</h2>
      <p class="faint">${access.deviceTokensMeaning} <code>IOTCONFIG_DEVICE_AUTH</code></p>
      <form @submit=${this.onSubmit}>
        <label>
          ${access.mac}
          <input name="mac" class="mono" required maxlength="40" autocomplete="off" spellcheck="false" />
        </label>
        <button class="primary" ?disabled=${this.isBusy}>${access.createDeviceToken}</button>
      </form>
      ${this.taken === undefined ? nothing : this.replacing(this.taken)}
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
      ${this.list()}
      ${this.next === null ? nothing : html`<p><button @click=${this.more}>${access.more}</button></p>`}
    `;
  }

  private list(): unknown {
    const { access } = strings;
    if (this.tokens === undefined) return html`<p>${strings.loading}</p>`;
    if (this.tokens.length === 0) return html`<p>${access.noDeviceTokens}</p>`;
    return html`<ul aria-label=${access.deviceTokens}>
      ${repeat(
        this.tokens,
        ({ mac_address }) => mac_address,
        (token) => this.row(token),
      )}
    </ul>`;
  }

  private row({ mac_address: mac, created_at }: Token): unknown {
    return html`<li>
      <a class="mono" href="/devices/${mac}">${mac}</a>
      <span class="faint">${strings.access.created} <relative-time .at=${created_at}></relative-time></span>
      <revoke-button .owner=${mac} @revoke=${() => this.revoke(mac)}></revoke-button>
    </li>`;
  }

  private replacing(mac: string): unknown {
    const { access } = strings;
    return html`<div class="asked" role="status">
      <p>${access.hasToken(mac)}</p>
      <button class="primary" @click=${() => this.create(mac, true)}>${access.replace}</button>
      <button
        @click=${() => {
          this.taken = undefined;
        }}
      >
        ${strings.cancel}
      </button>
    </div>`;
  }

  private async read(cursor?: string): Promise<void> {
    const query = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const page = await content(api.GET("/api/device-tokens", { params: { query } }));
    this.tokens = [...(cursor === undefined ? [] : (this.tokens ?? [])), ...page.devices];
    this.next = page.next;
  }

  private more(): void {
    if (this.next !== null) this.read(this.next).catch(report);
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    await this.create(new FormData(this.form).get("mac") as string, false);
  }

  private async create(mac: string, replace: boolean): Promise<void> {
    this.isBusy = true;
    this.taken = undefined;
    try {
      const body = { mac_address: mac.trim(), replace };
      const created = await content(api.POST("/api/device-tokens", { body }));
      this.made = { owner: created.mac_address, secret: created.token };
      this.form.reset();
      await this.read();
    } catch (error) {
      if (error instanceof Problem && error.code === "RECORD_EXISTS") this.taken = mac;
      else report(error);
    } finally {
      this.isBusy = false;
    }
  }

  private async revoke(mac: string): Promise<void> {
    try {
      await answer(api.DELETE("/api/device-tokens/{mac}", { params: { path: { mac } } }));
      if (this.made?.owner === mac) this.made = undefined;
      await this.read();
    } catch (error) {
      report(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "device-tokens": DeviceTokens;
  }
}
