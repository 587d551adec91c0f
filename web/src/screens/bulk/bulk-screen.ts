import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { Problem } from "../../api/problem.ts";
import { deviceLink } from "../../devices/device-link.ts";
import { deviceStore } from "../../devices/device-store.ts";
import { lists } from "../../parts/list-styles.ts";
import { Listening } from "../../parts/listening.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { type Address, navigate } from "../../router.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";
import { exported } from "./bulk-export.ts";
import "./bulk-form.ts";
import { addressOf, begin, type BulkJob, keep, onKept, type Outcome, read, recent } from "./bulk-job.ts";
import "./bulk-preview.ts";
import type { BulkPreview } from "./bulk-preview.ts";
import "./bulk-results.ts";
import { logged, previewed, recovered, type Told, written } from "./bulk-writes.ts";

/** Devices that are named at once. */
const NAMED = 50;
/** Between two looks for the end of a write whose answer was lost, in milliseconds. */
const LOOKED_EVERY = 5_000;

/** A change of many devices: what, what it would do, and what became of each device. The address names it. */
@customElement("bulk-screen")
export class BulkScreen extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      .parts {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
      }
      .devices {
        margin: 8px 0 0;
        padding-inline-start: 20px;
        columns: 260px;
        overflow-wrap: anywhere;
      }
      .notice {
        margin: 0;
        padding: 8px 12px;
        border-radius: var(--radius);
        background: var(--warn-ground);
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: var(--gap);
      }
      .row {
        grid-template-columns: minmax(160px, 1fr) 2fr 1fr;
      }
      summary {
        min-height: 34px;
        align-content: center;
        cursor: pointer;
      }
      @media (max-width: 600px) {
        .row {
          grid-template-columns: 1fr;
        }
        summary {
          min-height: 44px;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private job: BulkJob | undefined;
  @state() private outcome: Outcome | undefined;
  @state() private told: Told | undefined;
  @state() private isBusy = false;
  @state() private isKept = true;
  @state() private said = "";
  @query("bulk-preview") private readonly preview!: BulkPreview | null;
  private endFollowing: (() => void) | undefined;

  constructor() {
    super();
    new Listening(this, deviceStore, session);
    new Refreshing(this, () => this.settle(), LOOKED_EVERY);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.endFollowing = onKept((id) => {
      if (id === this.job?.id && !this.isBusy) this.open(id);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endFollowing?.();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("address")) return;
    const id = this.address.query.get("job") ?? "";
    if (id !== this.job?.id || id === "") this.open(id);
  }

  protected override render(): unknown {
    const { bulk } = strings;
    return html`
      <div class="top">
        <div class="title">
          <h1>${bulk.heading}</h1>
          <span class="faint">${this.job ? bulk.devices(this.job.macs.length) : nothing}</span>
        </div>
      </div>
      <div class="parts">
        <p class=${this.said ? "said" : "hidden"} role="status">${this.said}</p>
        ${this.isKept ? nothing : html`<p class="notice" role="alert">${bulk.notKept}</p>`} ${this.content()}
      </div>
    `;
  }

  private content(): unknown {
    const { bulk } = strings;
    const { job, outcome, told } = this;
    if (session.caller && !session.mayChange && !outcome) return html`<p>${bulk.forAdministrators}</p>`;
    if (outcome) return this.results(outcome);
    if (!job) return this.beginning();
    if (job.sent !== undefined) return html`<p role="status">${bulk.writing}</p>`;
    return html`
      ${this.named(job)}
      <bulk-form
        .job=${job}
        .isBusy=${this.isBusy}
        @edit=${this.onEdit}
        @preview=${this.onPreview}
      ></bulk-form>
      ${
        told
          ? html`<bulk-preview
              .job=${job}
              .told=${told}
              .isBusy=${this.isBusy}
              @confirm=${this.onConfirm}
            ></bulk-preview>`
          : nothing
      }
    `;
  }

  private beginning(): unknown {
    const { bulk } = strings;
    if (this.address.query.has("change")) return html`<p>${strings.loading}</p>`;
    const jobs = recent();
    return html`
      <div class="empty">
        ${this.address.query.has("job") ? html`<p>${bulk.unknownJob}</p>` : nothing}
        <p>${bulk.none}</p>
        <p><a class="button" href="/">${strings.toFleet}</a></p>
      </div>
      ${
        jobs.length > 0
          ? html`<h2>${bulk.recent}</h2>
              <ul class="rows" aria-label=${bulk.recent}>
                ${jobs.map(
                  (job) =>
                    html`<li class="row">
                      <a class="device" href=${addressOf(job)}>${bulk.kinds[job.kind]}</a>
                      <span
                        >${bulk.devices(job.macs.length)}${job.sent ? html`: <bdi>${job.sent}</bdi>` : nothing}</span
                      >
                      <span class="faint"
                        ><relative-time .at=${new Date(job.at).toISOString()}></relative-time>
                        ${job.outcome ? bulk.isDone : job.sent === undefined ? bulk.isOpen : bulk.isSent}</span
                      >
                    </li>`,
                )}
              </ul>`
          : nothing
      }
    `;
  }

  private named({ macs }: BulkJob): unknown {
    return html`<details>
      <summary>${strings.bulk.show}</summary>
      <ul class="devices">
        ${macs.slice(0, NAMED).map((mac) => html`<li>${deviceLink(mac)}</li>`)}
        ${macs.length > NAMED ? html`<li>${strings.andMore(counted(macs.length - NAMED))}</li>` : nothing}
      </ul>
    </details>`;
  }

  private results({ change, fates }: Outcome): unknown {
    const { bulk } = strings;
    const { job } = this;
    const isOpen = job?.sent !== undefined && job.outcome === undefined;
    return html`
      ${isOpen ? html`<p class="notice" role="status">${job.kind === "announce" ? bulk.notKnown : bulk.notYet}</p>` : nothing}
      <h2>${job ? bulk.kinds[job.kind] : strings.changes.ofWrite(change ?? "")}</h2>
      ${job?.sent ? html`<p class="faint"><bdi>${job.sent}</bdi></p>` : nothing}
      <bulk-results .fates=${fates}></bulk-results>
      <div class="buttons">
        ${change === null ? nothing : html`<a class="button" href="/changes?change=${change}">${bulk.inLog}</a>`}
        ${
          job && session.mayChange
            ? html`<button
                @click=${() => {
                  navigate(addressOf(begin(job.macs)));
                }}
              >
                ${bulk.another}
              </button>`
            : nothing
        }
      </div>
    `;
  }

  private open(id: string): void {
    this.job = id === "" ? undefined : read(id);
    this.outcome = this.job?.outcome;
    this.told = undefined;
    this.said = "";
    this.isKept = true;
    void this.settle().catch(report);
  }

  /** Ask for what became of a job whose answer this page has not seen; of one that another browser has made, its write tells. */
  private async settle(): Promise<void> {
    const { job } = this;
    if (this.isBusy || job?.outcome) return;
    if (!job) {
      const change = this.address.query.get("change");
      if (change === null || this.outcome) return;
      const outcome = await logged(change);
      // Meanwhile, the address may have named a job.
      if (this.job === undefined) this.outcome = outcome;
      return;
    }
    if (job.sent === undefined) return;
    const outcome = await recovered(job);
    if (this.job !== job) return;
    this.outcome = outcome;
    // A write stores all devices at once: if the log has it, it has ended.
    if (outcome.change !== null || outcome.fates.every(({ fate }) => fate !== "unknown"))
      this.finish(outcome);
  }

  private onEdit({ detail }: CustomEvent<Partial<BulkJob>>): void {
    if (!this.job) return;
    this.told = undefined;
    this.said = "";
    this.keep({ ...this.job, ...detail });
  }

  private async onPreview(): Promise<void> {
    const { job } = this;
    if (!job) return;
    await this.attempt(async () => {
      if (job.kind === "export") {
        const count = await exported(job.macs, `configs-${job.macs.length}.ndjson`);
        this.said = strings.bulk.exported(count, job.macs.length - count);
        return;
      }
      const told = await previewed(job);
      if (this.job !== job) return;
      this.told = told;
      await this.updateComplete;
      await this.preview?.updateComplete;
      this.preview?.focus();
    });
  }

  private async onConfirm({ detail: message }: CustomEvent<string | null>): Promise<void> {
    const { job, told } = this;
    if (!job || !told) return;
    await this.attempt(async () => {
      // Before it is sent: a tab that is closed now leaves behind what to ask for.
      this.keep({ ...job, sent: message });
      try {
        this.finish(await written(job, told.outcome, message));
      } catch (error) {
        // Without an answer, or with that of a proxy, it is not known what became of it.
        if (error instanceof Problem && error.status < 500) this.keep(job);
        else
          void Promise.resolve()
            .then(() => this.settle())
            .catch(report);
        if (error instanceof Problem && error.status === 412) this.told = undefined;
        throw error;
      }
    });
  }

  private finish(outcome: Outcome): void {
    if (!this.job) return;
    this.outcome = outcome;
    this.keep({ ...this.job, outcome });
    navigate(addressOf(this.job), { replace: true });
  }

  private keep(job: BulkJob): void {
    this.job = job;
    this.isKept = keep(job);
  }

  private async attempt(act: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await act();
    } catch (error) {
      report(error);
    } finally {
      this.isBusy = false;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "bulk-screen": BulkScreen;
  }
}
