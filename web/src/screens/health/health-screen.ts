import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { Unreachable } from "../../api/problem.ts";
import { deviceLink } from "../../devices/device-link.ts";
import { deviceStore } from "../../devices/device-store.ts";
import { lists } from "../../parts/list-styles.ts";
import { Listening } from "../../parts/listening.ts";
import { Refreshing } from "../../parts/refreshing.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { lasting } from "../../parts/times.ts";
import type { Address } from "../../router.ts";
import { session } from "../../session/session.ts";
import { report } from "../../shell/errors.ts";
import { counted, strings } from "../../strings/strings.ts";
import type { Level } from "./health-sign.ts";
import "./health-sign.ts";
import {
  type HealthReport,
  type Healthy,
  type Notification,
  readHealth,
  retryParked,
  SHOWN,
} from "./health-report.ts";

const INTERVAL = 5_000;

const sizes = new Intl.NumberFormat(strings.language, {
  style: "unit",
  unit: "megabyte",
  maximumFractionDigits: 1,
});

const SUBSCRIBER_LEVELS: Readonly<Record<Healthy["subscriber"]["state"], Level>> = {
  disabled: "off",
  off: "off",
  connected: "good",
  disconnected: "warn",
  missing: "warn",
  unknown: "off",
};

/** Whether the service works: its database, its announcements, what devices say, what waits to be sent. */
@customElement("health-screen")
export class HealthScreen extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      dl {
        display: grid;
        grid-template-columns: max-content 1fr;
        gap: 14px 24px;
        margin: 0;
      }
      dt {
        font-weight: 600;
      }
      dd {
        min-width: 0;
        margin: 0;
        overflow-wrap: anywhere;
      }
      dd p {
        margin: 4px 0 0;
      }
      h2 {
        margin: 24px 0 8px;
      }
      .row {
        grid-template-columns: minmax(200px, 2fr) 1fr 1fr 2fr;
      }
      @media (max-width: 600px) {
        dl {
          grid-template-columns: 1fr;
          gap: 2px;
        }
        dd {
          margin-bottom: 14px;
        }
        .row {
          grid-template-columns: 1fr;
        }
      }
    `,
  ];

  @property({ attribute: false }) address: Address = { parameters: {}, query: new URLSearchParams() };
  @state() private found: HealthReport | undefined;
  @state() private isUnreachable = false;
  @state() private checkedAt: string | undefined;
  @state() private said = "";
  private readonly refreshing = new Refreshing(this, () => this.read(), INTERVAL);

  constructor() {
    super();
    new Listening(this, deviceStore, session);
  }

  protected override render(): unknown {
    const { health } = strings;
    return html`
      <div class="top">
        <div class="title">
          <h1>${health.heading}</h1>
          ${
            this.checkedAt === undefined
              ? nothing
              : html`<span class="faint"
                  >${health.checked} <relative-time .at=${this.checkedAt}></relative-time
                ></span>`
          }
        </div>
      </div>
      <p class=${this.said ? "said" : "hidden"} role="status">${this.said}</p>
      <dl>
        <dt>${health.database}</dt>
        <dd>${this.database()}</dd>
        ${this.announcing()} ${this.subscriber()}
        <dt>${health.stream}</dt>
        <dd>
          <health-sign .level=${deviceStore.isLive ? "good" : "warn"}
            >${deviceStore.isLive ? health.streamOpen : health.streamClosed}</health-sign
          >
        </dd>
        ${this.version()}
      </dl>
      ${this.waiting()}
    `;
  }

  private database(): unknown {
    const { health } = strings;
    if (this.isUnreachable) return html`<health-sign .level=${"bad"}>${health.unreachable}</health-sign>`;
    if (!this.found) return strings.loading;
    const answer = this.found.health;
    const isGood = answer.status === "healthy";
    return html`
      <health-sign .level=${isGood ? "good" : "bad"}>${health.databases[answer.database]}</health-sign>
      ${isGood ? this.databaseLog(answer) : html`<p lang="en">${answer.error}</p>`}
    `;
  }

  private databaseLog({ log }: Healthy): unknown {
    if (!log) return nothing;
    return html`<p class="faint">${strings.health.databaseLog(sizes.format(log.bytes / 1e6))}</p>
      ${log.problem === null ? nothing : html`<p lang="en">${log.problem}</p>`}`;
  }

  private announcing(): unknown {
    if (this.isUnreachable || this.found?.health.status !== "healthy") return nothing;
    const { health } = strings;
    const { state, pending, oldest_seconds, parked, more, problems } = this.found.health.notifications;
    const level =
      state === "ok" ? "good" : state === "conflict" ? "bad" : state === "disabled" ? "off" : "warn";
    const waiting =
      pending === 0
        ? health.noPending
        : `${health.pending(pending, more ?? false)}, ${health.oldest(lasting(oldest_seconds))}`;
    return html`
      <dt>${health.announcing}</dt>
      <dd>
        <health-sign .level=${level}>${health.announcingStates[state]}</health-sign>
        <p>${waiting}</p>
        ${state === "disabled" ? html`<p>${health.disabledStep}</p>` : nothing}
        ${problems?.map(({ message }) => html`<p lang="en">${message}</p>`)}
        ${
          parked === 0
            ? nothing
            : html`<p>${health.parked(parked)}</p>
                ${session.mayChange ? html`<p><button @click=${this.retry}>${health.retry}</button></p>` : nothing}`
        }
      </dd>
    `;
  }

  private subscriber(): unknown {
    if (this.isUnreachable || this.found?.health.status !== "healthy") return nothing;
    const { health } = strings;
    const { state, since, last_message_at, problem } = this.found.health.subscriber;
    return html`
      <dt>${health.subscriber}</dt>
      <dd>
        <health-sign .level=${SUBSCRIBER_LEVELS[state]}>${health.subscriberStates[state]}</health-sign>
        ${
          since === null
            ? nothing
            : html`<p>
                ${state === "connected" ? health.connectionBegan : health.connectionEnded}
                <relative-time .at=${since}></relative-time>,
                ${
                  last_message_at === null
                    ? health.noMessage
                    : html`${health.lastMessage} <relative-time .at=${last_message_at}></relative-time>`
                }
              </p>`
        }
        ${state === "off" ? html`<p>${health.subscriberOff}</p>` : nothing}
        ${problem === null ? nothing : html`<p lang="en">${problem}</p>`}
      </dd>
    `;
  }

  private version(): unknown {
    const version = this.isUnreachable ? undefined : this.found?.health.version;
    if (version === undefined) return nothing;
    return html`<dt>${strings.health.version}</dt>
      <dd>${version}</dd>`;
  }

  private waiting(): unknown {
    const notifications = this.found?.notifications ?? [];
    if (this.isUnreachable || notifications.length === 0) return nothing;
    const { health } = strings;
    return html`
      <h2 id="waiting">${health.waiting}</h2>
      <ul class="rows" aria-labelledby="waiting">
        ${notifications.map((each) => this.notification(each))}
      </ul>
      ${notifications.length === SHOWN ? html`<p class="faint">${health.shownFirst(counted(SHOWN))}</p>` : nothing}
    `;
  }

  private notification({ announcement, since, due_at, refusals, parked, last_error }: Notification): unknown {
    const { health } = strings;
    const { kind, key } = announcement.subject;
    const isLater = Date.parse(due_at) > Date.now();
    return html`<li class="row">
      <span>${kind === "config" ? deviceLink(key) : html`<bdi>${health.fileOf(key)}</bdi>`}</span>
      <span>${health.stored} <relative-time .at=${since}></relative-time></span>
      <span
        >${parked ? html`<health-sign .level=${"warn"}>${health.isParked}</health-sign>` : nothing}
        ${isLater && !parked ? html`${health.due} <relative-time .at=${due_at}></relative-time>` : nothing}
        ${refusals ? html`<span class="faint">${health.refusals(counted(refusals))}</span>` : nothing}</span
      >
      <span lang="en">${last_error ?? nothing}</span>
    </li>`;
  }

  private async read(): Promise<void> {
    try {
      this.found = await readHealth();
      this.isUnreachable = false;
    } catch (error) {
      // This is the screen that says so.
      if (!(error instanceof Unreachable)) throw error;
      this.isUnreachable = true;
    }
    this.checkedAt = new Date().toISOString();
  }

  private async retry(): Promise<void> {
    try {
      this.said = strings.health.retried(counted(await retryParked()));
    } catch (error) {
      report(error);
    }
    this.refreshing.now();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "health-screen": HealthScreen;
  }
}
