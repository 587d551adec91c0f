import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { labels } from "../../devices/tag-difference.ts";
import { deviceLink } from "../../devices/device-link.ts";
import { controls } from "../../parts/shared-styles.ts";
import "../../parts/unified-diff.ts";
import { strings } from "../../strings/strings.ts";
import type { BulkJob } from "./bulk-job.ts";
import "./bulk-results.ts";
import type { Told } from "./bulk-writes.ts";

/** Devices whose tags are shown. */
const NAMED = 20;
/** As the API: characters of a reason. */
const LONGEST_REASON = 1_000;

/** What a change would do, with samples, and the question whether to do it. Event: `confirm` with the reason, null without one. */
@customElement("bulk-preview")
export class BulkPreview extends LitElement {
  static override styles = [
    controls,
    css`
      section,
      form,
      label {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--gap);
      }
      section {
        gap: 12px;
        padding-top: 8px;
      }
      h3,
      p,
      ul {
        margin: 0;
      }
      h3 {
        font-size: 1rem;
      }
      ul {
        padding-inline-start: 20px;
        overflow-wrap: anywhere;
      }
      form {
        max-width: 760px;
      }
    `,
  ];

  @property({ attribute: false }) job!: BulkJob;
  @property({ attribute: false }) told!: Told;
  @property({ attribute: false }) isBusy = false;
  @query("h2") private readonly heading!: HTMLElement;
  @query("input") private readonly reason!: HTMLInputElement | null;

  /** A screen reader begins to read it. */
  override focus(): void {
    this.heading.focus();
  }

  protected override render(): unknown {
    const { bulk } = strings;
    const { fates } = this.told.outcome;
    const count = fates.filter(({ fate }) => fate === "changed").length;
    return html`<section aria-labelledby="preview">
      <h2 id="preview" tabindex="-1">${bulk.previewed}</h2>
      <bulk-results .fates=${fates} .isPlanned=${true}></bulk-results>
      ${this.tagged()} ${this.samples()}
      ${
        count === 0
          ? html`<p>${bulk.nothingToDo}</p>`
          : html`<form @submit=${this.onSubmit}>
              ${
                this.job.kind === "announce"
                  ? nothing
                  : html`<label
                      >${strings.reason} <input maxlength=${LONGEST_REASON} autocomplete="off"
                    /></label>`
              }
              <div>
                <button class="primary" ?disabled=${this.isBusy}>
                  ${this.isBusy ? bulk.writing : this.job.kind === "announce" ? bulk.announce(count) : bulk.write(count)}
                </button>
              </div>
            </form>`
      }
    </section>`;
  }

  private tagged(): unknown {
    const { tagged } = this.told;
    if (tagged.length === 0) return nothing;
    return html`<h3>${strings.bulk.samples}</h3>
      <ul>
        ${tagged
          .slice(0, NAMED)
          .map(
            ({ mac_address, tags }) =>
              html`<li>
                ${deviceLink(mac_address)} <bdi class="mono">${tags ? labels(tags) : nothing}</bdi>
              </li>`,
          )}
      </ul>`;
  }

  private samples(): unknown {
    const { samples } = this.told;
    if (samples.length === 0) return nothing;
    return html`<h3>${strings.bulk.samples}</h3>
      ${samples.map(
        ({ mac_address, unified_diff }) =>
          html`<div>${deviceLink(mac_address)}<unified-diff .text=${unified_diff}></unified-diff></div>`,
      )}`;
  }

  private onSubmit(event: Event): void {
    event.preventDefault();
    if (this.isBusy) return;
    const detail = this.reason?.value.trim() ?? "";
    this.dispatchEvent(new CustomEvent<string | null>("confirm", { detail: detail === "" ? null : detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "bulk-preview": BulkPreview;
  }
}
