import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { Listening } from "../parts/listening.ts";
import { controls } from "../parts/shared-styles.ts";
import { type Screen, SCREENS } from "../router.ts";
import { session } from "../session/session.ts";
import { type Strings } from "../strings/en.ts";
import { strings } from "../strings/strings.ts";

/** The links to the screens, in groups: a row on a wide screen, a menu on a narrow one. */
@customElement("main-navigation")
export class MainNavigation extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        flex: 1;
        min-width: 0;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      a {
        color: var(--text);
        text-decoration: none;
        white-space: nowrap;
      }
      a:focus-visible {
        outline-offset: -2px;
      }
      @media (min-width: 1081px) {
        .menu {
          display: none;
        }
        .groups,
        ul {
          display: flex;
        }
        .group + .group {
          margin-left: 8px;
          padding-left: 8px;
          border-left: 1px solid var(--line);
        }
        .name {
          position: absolute;
          clip-path: inset(50%);
        }
        a {
          display: block;
          padding: 11px 10px 9px;
          border-bottom: 2px solid transparent;
        }
        a:hover {
          border-color: var(--line);
        }
        a[aria-current] {
          border-color: var(--accent);
        }
      }
      @media (max-width: 1080px) {
        .menu {
          max-width: 100%;
          min-height: 44px;
          border-color: transparent;
          background: transparent;
        }
        .menu svg {
          width: 18px;
          height: 18px;
          flex: none;
          fill: none;
          stroke: currentColor;
          stroke-linecap: round;
          stroke-width: 2;
        }
        .groups {
          position: absolute;
          inset: 100% 0 auto;
          display: none;
          grid-template-columns: repeat(auto-fill, minmax(150px, 1fr));
          gap: 8px 16px;
          max-height: calc(100vh - 100%);
          overflow-y: auto;
          padding: 12px 16px 16px;
          border-bottom: 1px solid var(--line);
          background: var(--raised);
          box-shadow: 0 8px 16px rgb(0 0 0 / 20%);
        }
        .groups.open {
          display: grid;
        }
        .name {
          padding: 0 8px;
          color: var(--faint);
          font-size: 0.87em;
        }
        a {
          display: flex;
          align-items: center;
          min-height: 44px;
          padding: 0 8px;
          border-left: 3px solid transparent;
        }
        a[aria-current] {
          border-color: var(--accent);
          background: var(--selected);
        }
      }
    `,
  ];

  /** The screen that is shown. */
  @property({ attribute: false }) screen: Screen | undefined;
  @state() private isOpen = false;
  @query(".menu") private readonly menu!: HTMLButtonElement;

  constructor() {
    super();
    new Listening(this, session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("pointerdown", this.onPointer);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("pointerdown", this.onPointer);
  }

  protected override render(): unknown {
    const groups = Object.keys(strings.groups) as (keyof Strings["groups"])[];
    return html`<nav aria-label=${strings.navigation} @keydown=${this.onKey} @focusout=${this.onFocusOut}>
      <button class="menu" aria-expanded=${this.isOpen} aria-controls="groups" @click=${this.toggle}>
        <svg viewBox="0 0 18 18" aria-hidden="true"><path d="M2 4h14M2 9h14M2 14h14" /></svg>
        <span class="hidden">${strings.menu}: </span>${this.screen?.title(strings) ?? strings.menu}
      </button>
      <div id="groups" class=${this.isOpen ? "groups open" : "groups"} @click=${this.close}>
        ${groups.map((group) => this.group(group))}
      </div>
    </nav>`;
  }

  private group(group: keyof Strings["groups"]): unknown {
    return html`<div class="group">
      <span class="name" id=${group}>${strings.groups[group]}</span>
      <ul aria-labelledby=${group}>
        ${SCREENS.filter((each) => each.group === group && isOffered(each)).map((each) => this.link(each))}
      </ul>
    </div>`;
  }

  private link(screen: Screen): unknown {
    const isHere = this.screen === screen;
    return html`<li>
      <a href=${screen.path} aria-current=${isHere ? "page" : nothing}>${screen.title(strings)}</a>
    </li>`;
  }

  private toggle(): void {
    this.isOpen = !this.isOpen;
  }

  private close(): void {
    this.isOpen = false;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.isOpen) return;
    event.preventDefault();
    this.close();
    this.menu.focus();
  }

  private onFocusOut({ relatedTarget }: FocusEvent): void {
    if (relatedTarget instanceof Node && !this.renderRoot.contains(relatedTarget)) this.close();
  }

  private readonly onPointer = (event: PointerEvent): void => {
    if (!event.composedPath().includes(this)) this.close();
  };
}

function isOffered({ isForChanges }: Screen): boolean {
  return !isForChanges || session.mayChange;
}

declare global {
  interface HTMLElementTagNameMap {
    "main-navigation": MainNavigation;
  }
}
