import { css, html, LitElement, svg } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import type { State } from "./states.ts";

// Each has a shape of its own: colour alone does not reach everybody.
const SHAPES: Readonly<Record<State, unknown>> = {
  in_sync: svg`<circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.1 2.1L11.2 6"/>`,
  pending: svg`<circle cx="8" cy="8" r="6.5"/><path d="M8 4.5V8l2.5 1.5"/>`,
  delivered: svg`<path d="M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11"/>`,
  rejected: svg`<path d="M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM5.5 5.5l5 5M10.5 5.5l-5 5"/>`,
  drifted: svg`<path d="M8 1.5L15 14H1zM8 6v3.5M8 11.5v.5"/>`,
  never: svg`<circle cx="8" cy="8" r="6.5" stroke-dasharray="2.5 2.5"/>`,
};

/** The state of a device: a shape and a word; and whether it is overdue. */
@customElement("device-state")
export class DeviceState extends LitElement {
  static override styles = css`
    :host {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      vertical-align: top;
      white-space: nowrap;
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
    .in_sync {
      color: var(--good);
    }
    .rejected,
    .drifted {
      color: var(--bad);
    }
    .pending,
    .delivered {
      color: var(--warn);
    }
    .never {
      color: var(--faint);
    }
    .overdue {
      padding: 0 6px;
      border: 1px solid currentColor;
      border-radius: 9px;
      color: var(--bad);
      font-size: 0.8em;
    }
  `;

  @property({ attribute: false }) state: State = "never";
  @property({ attribute: false }) overdue = false;

  protected override render(): unknown {
    return html`
      <svg class=${this.state} viewBox="0 0 16 16" aria-hidden="true">${SHAPES[this.state]}</svg>
      <span title=${strings.stateMeanings[this.state]}>${strings.states[this.state]}</span>
      ${this.overdue ? html`<span class="overdue" title=${strings.overdueMeaning}>${strings.overdue}</span>` : ""}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "device-state": DeviceState;
  }
}
