import { css, html, LitElement, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { controls } from "../parts/shared-styles.ts";
import "../parts/unified-diff.ts";
import { shown } from "../shell/errors.ts";
import { counted, strings } from "../strings/strings.ts";
import type { Differences } from "./revisions.ts";

/** The difference between two revisions of a config or a layer. Event: `close`. */
@customElement("revision-comparison")
export class RevisionComparison extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
        min-width: 0;
        padding: 12px;
        border-radius: var(--radius);
        background: var(--raised);
      }
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 4px 12px;
      }
      h3 {
        margin: 0;
        font-size: 1rem;
      }
      unified-diff {
        background: var(--ground);
      }
      p {
        margin: 0;
      }
    `,
  ];

  /** What its history is of. */
  @property({ attribute: false }) subject = "";
  @property({ attribute: false }) differences: Differences = () => Promise.resolve("");
  @property({ attribute: false }) from = 0;
  @property({ attribute: false }) to = 0;
  @state() private text: string | undefined;
  @state() private refusal = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("subject") || changed.has("from") || changed.has("to")) void this.load();
  }

  protected override render(): unknown {
    const { history } = strings;
    return html`
      <div>
        <h3>${history.between(counted(this.from), counted(this.to))}</h3>
        <button @click=${() => this.dispatchEvent(new Event("close"))}>${strings.close}</button>
      </div>
      <div role="status">
        ${
          this.refusal !== ""
            ? html`<p lang="en">${this.refusal}</p>`
            : this.text === undefined
              ? strings.loading
              : html`<span class="hidden">${history.compared}</span>`
        }
      </div>
      ${this.text === undefined ? "" : html`<unified-diff .text=${this.text}></unified-diff>`}
    `;
  }

  private async load(): Promise<void> {
    const { subject, from, to } = this;
    this.text = undefined;
    this.refusal = "";
    const isCurrent = (): boolean => subject === this.subject && from === this.from && to === this.to;
    try {
      const text = await this.differences(from, to);
      if (isCurrent()) this.text = text;
    } catch (error) {
      if (isCurrent()) this.refusal = shown(error).sentence;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "revision-comparison": RevisionComparison;
  }
}
