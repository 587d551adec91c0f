import { css, html, LitElement, svg } from "lit";
import { customElement, property } from "lit/decorators.js";

export type Level = "good" | "warn" | "bad" | "off";

// Each has a shape of its own: colour alone does not reach everybody.
const SHAPES: Readonly<Record<Level, unknown>> = {
  good: svg`<circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.1 2.1L11.2 6"/>`,
  warn: svg`<path d="M8 1.5L15 14H1zM8 6v3.5M8 11.5v.5"/>`,
  bad: svg`<path d="M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM5.5 5.5l5 5M10.5 5.5l-5 5"/>`,
  off: svg`<circle cx="8" cy="8" r="6.5"/><path d="M5 8h6"/>`,
};

/** Whether a part of the service works: a shape, and words as its content. */
@customElement("health-sign")
export class HealthSign extends LitElement {
  static override styles = css`
    :host {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      vertical-align: top;
    }
    svg {
      width: 16px;
      height: 16px;
      flex: none;
      fill: none;
      stroke: currentColor;
      stroke-width: 1.6;
      stroke-linecap: round;
      stroke-linejoin: round;
    }
    .good {
      color: var(--good);
    }
    .warn {
      color: var(--warn);
    }
    .bad {
      color: var(--bad);
    }
    .off {
      color: var(--faint);
    }
  `;

  @property({ attribute: false }) level: Level = "off";

  protected override render(): unknown {
    return html`<svg class=${this.level} viewBox="0 0 16 16" aria-hidden="true">${SHAPES[this.level]}</svg>
      <span><slot></slot></span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "health-sign": HealthSign;
  }
}
