import { css, html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { html as staticHtml, unsafeStatic } from "lit/static-html.js";

import { deviceStore } from "../devices/device-store.ts";
import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { ago } from "../parts/times.ts";
import { find, type Found, NAVIGATED } from "../router.ts";
import { session } from "../session/session.ts";
import "../session/sign-in-view.ts";
import { strings } from "../strings/strings.ts";
import "../undo/undo-bar.ts";
import "./error-banner.ts";
import { REPORTED, report, type ShownError } from "./errors.ts";
import "./main-navigation.ts";

/** The frame of all screens: navigation, state of the connection, errors, and the screen of the address. */
@customElement("iotconfig-app")
export class IotconfigApp extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100vh;
      }
      .skip:not(:focus) {
        position: absolute;
        left: -9999px;
      }
      header {
        position: sticky;
        top: 0;
        z-index: 2;
        background: var(--ground);
      }
      .bar {
        position: relative;
        display: flex;
        align-items: center;
        gap: 4px 16px;
        padding: 0 16px;
        border-bottom: 1px solid var(--line);
        background: var(--raised);
      }
      .product {
        font-weight: 600;
        text-decoration: none;
        color: var(--text);
      }
      .live {
        color: var(--faint);
        font-size: 0.87em;
      }
      .live::before {
        content: "";
        display: inline-block;
        width: 8px;
        height: 8px;
        margin-right: 6px;
        border-radius: 4px;
        background: var(--good);
      }
      .stale {
        padding: 6px 16px;
        border-bottom: 1px solid var(--warn);
        background: var(--warn-ground);
      }
      main {
        display: flex;
        flex: 1;
        flex-direction: column;
      }
      main > * {
        flex: 1;
      }
      .missing {
        padding: 32px 16px;
      }
      footer {
        display: flex;
        gap: 16px;
        padding: 6px 16px;
        border-top: 1px solid var(--line);
        font-size: 0.87em;
      }
      @media print {
        header,
        footer {
          display: none;
        }
      }
    `,
  ];

  @state() private found: Found | undefined;
  @state() private loaded = new Set<string>();
  @state() private error: ShownError | undefined;
  /** Whether the screen has just changed, and has not got the focus yet. */
  private isEntering = false;
  private endListening: (() => void) | undefined;
  private readonly headerSize = new ResizeObserver(() => {
    this.style.setProperty("--header-height", `${this.headerHeight}px`);
  });

  /** The height of what stays at the top of the page while it is scrolled, in CSS pixels. */
  get headerHeight(): number {
    return this.renderRoot.querySelector("header")?.offsetHeight ?? 0;
  }

  constructor() {
    super();
    new Listening(this, session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener(NAVIGATED, this.onNavigated);
    window.addEventListener(REPORTED, this.onReported);
    window.addEventListener("unhandledrejection", this.onRejection);
    this.endListening = deviceStore.listen(() => {
      this.requestUpdate();
    });
    this.onNavigated();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener(NAVIGATED, this.onNavigated);
    window.removeEventListener(REPORTED, this.onReported);
    window.removeEventListener("unhandledrejection", this.onRejection);
    this.endListening?.();
  }

  protected override firstUpdated(): void {
    const header = this.renderRoot.querySelector("header");
    if (header) this.headerSize.observe(header);
  }

  protected override updated(): void {
    void this.enter();
  }

  protected override render(): unknown {
    return html`
      <header>
        ${session.isNeeded ? nothing : html`<button class="skip" @click=${this.skip}>${strings.skip}</button>`}
        <div class="bar">
          <a class="product" href="/">${strings.product}</a>
          <main-navigation .screen=${this.found?.screen}></main-navigation>
          ${deviceStore.isLive ? html`<span class="live">${strings.live}</span>` : ""}
        </div>
        ${this.staleness()}
        <error-banner
          .error=${this.error}
          @close=${() => {
            this.error = undefined;
          }}
        ></error-banner>
      </header>
      <main id="content" tabindex="-1">${this.screen()}</main>
      <undo-bar></undo-bar>
      <sign-in-view></sign-in-view>
      <footer>
        <a href="/api/docs">${strings.describedApi}</a>
        <a href="/static/THIRD-PARTY.txt">${strings.licences}</a>
      </footer>
    `;
  }

  private staleness(): unknown {
    const { heardAt, isLive, error } = deviceStore;
    if (heardAt === 0 || (isLive && error === undefined)) return nothing;
    return html`<div class="stale" role="status">${strings.stale(ago(heardAt))}</div>`;
  }

  private screen(): unknown {
    if (!this.found) {
      return html`<div class="missing">
        <h1>${strings.notFound}</h1>
        <p><a href="/">${strings.toFleet}</a></p>
      </div>`;
    }
    const { element } = this.found.screen;
    if (!this.loaded.has(element)) return nothing;
    // The name of an element comes from the table of screens.
    const tag = unsafeStatic(element);
    return staticHtml`<${tag} .address=${this.found}></${tag}>`;
  }

  /** A screen reader begins to read the new screen: at its heading, or above it where that comes later. */
  private async enter(): Promise<void> {
    const screen = this.renderRoot.querySelector<LitElement>("main > *");
    if (!this.isEntering || !screen) return;
    this.isEntering = false;
    await screen.updateComplete;
    const heading = (screen.shadowRoot ?? screen).querySelector("h1");
    if (heading) heading.tabIndex = -1;
    (heading ?? this.renderRoot.querySelector("main"))?.focus();
  }

  private skip(): void {
    this.renderRoot.querySelector("main")?.focus();
  }

  private readonly onNavigated = (): void => {
    const before = this.found?.screen;
    this.found = find(new URL(location.href));
    const screen = this.found?.screen;
    document.title = screen ? `${screen.title(strings)} – ${strings.product}` : strings.product;
    if (screen && !this.loaded.has(screen.element)) {
      screen.load().then(() => {
        this.loaded = new Set([...this.loaded, screen.element]);
      }, report);
    }
    if (before && before !== screen) {
      window.scrollTo(0, 0);
      this.error = undefined;
      this.isEntering = true;
    }
  };

  private readonly onReported = (event: Event): void => {
    const { detail } = event as CustomEvent<ShownError>;
    // The view of the sign-in says it.
    if (!detail.needsSignIn) this.error = detail;
  };

  private readonly onRejection = (event: PromiseRejectionEvent): void => {
    report(event.reason);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "iotconfig-app": IotconfigApp;
  }
}
