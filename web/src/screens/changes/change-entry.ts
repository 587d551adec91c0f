import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import { deviceLink } from "../../devices/device-link.ts";
import { deviceStore } from "../../devices/device-store.ts";
import { labels } from "../../devices/tag-difference.ts";
import { isOfDevice } from "../../events/subjects.ts";
import { Listening } from "../../parts/listening.ts";
import { lists } from "../../parts/list-styles.ts";
import "../../parts/relative-time.ts";
import { controls } from "../../parts/shared-styles.ts";
import { layerAddress } from "../../router.ts";
import { session } from "../../session/session.ts";
import { counted, strings } from "../../strings/strings.ts";
import type { ChangeGroup } from "./change-groups.ts";
import type { Change, ChangesView } from "./changes-view.ts";

/** Devices of one write that are named at once, and in the list of all. */
const FEW = 3;
const MOST = 200;

/**
 * What one write has changed: when, who, which devices, why.
 *
 * Events: `filter` with a part of the view, `undo`.
 */
@customElement("change-entry")
export class ChangeEntry extends LitElement {
  static override styles = [
    controls,
    lists,
    css`
      :host {
        padding: 0;
      }
      .row {
        grid-template-columns: 140px 150px 1fr auto;
        align-items: start;
      }
      .said-by,
      .kind {
        justify-content: flex-start;
        min-height: 0;
        padding: 0;
        border: 0;
        color: var(--accent);
        text-align: start;
        overflow-wrap: anywhere;
      }
      .devices {
        display: inline;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .devices li {
        display: inline-block;
        margin-inline-end: 12px;
      }
      .what p {
        white-space: pre-line;
      }
      @media (max-width: 600px) {
        .row {
          grid-template-columns: 1fr auto;
          align-items: center;
        }
        .row .what {
          grid-column: 1 / -1;
        }
        .row .undo {
          grid-column: 1 / -1;
          justify-self: stretch;
        }
        .said-by,
        .kind {
          min-height: 44px;
        }
      }
    `,
  ];

  @property({ attribute: false }) group: ChangeGroup | undefined;
  /** Whether older entries of the same write may not be read yet. */
  @property({ attribute: false }) isCut = false;

  constructor() {
    super();
    new Listening(this, deviceStore, session);
  }

  protected override render(): unknown {
    if (!this.group) return nothing;
    const { entries } = this.group;
    const [first] = entries;
    return html`<div class="row">
      <relative-time .at=${first.created_at}></relative-time>
      <button
        class="said-by"
        title=${strings.changes.onlyAuthor(first.author)}
        @click=${() => {
          this.filter({ author: first.author });
        }}
      >
        <bdi>${first.author}</bdi>
      </button>
      <div class="what">
        ${operations(entries).map((operation) => this.operation(operation))} ${this.subjects(entries)}
        ${first.message === null ? nothing : html`<p><bdi>${first.message}</bdi></p>`}
        ${entries.length === 1 ? difference(first) : nothing}
      </div>
      ${
        session.mayChange
          ? html`<button class="undo" @click=${() => this.dispatchEvent(new Event("undo"))}>
              ${strings.changes.undo}
              <span class="hidden">${strings.changes.ofWrite(this.group.change)}</span>
            </button>`
          : nothing
      }
    </div>`;
  }

  private operation(operation: Change["operation"]): unknown {
    const word = strings.changes.operations[operation];
    return html`<button
        class="kind"
        title=${strings.changes.onlyOperation(word)}
        @click=${() => {
          this.filter({ operation });
        }}
      >
        ${word}</button
      >: `;
  }

  private subjects(entries: readonly Change[]): unknown {
    const others = entries.filter((each) => !isOfDevice(each));
    const named = new Map(others.map(({ kind, subject }) => [`${kind} ${subject}`, { kind, subject }]));
    const ofDevices = entries.filter(isOfDevice);
    return html`${[...named.values()].map(({ kind, subject }) =>
      kind === "layer"
        ? html`<a class="mono" href=${layerAddress(subject)}>${subject}</a> `
        : html`<bdi class="mono">${subject}</bdi> `,
    )}
    ${ofDevices.length > 0 ? this.devices(ofDevices) : nothing}`;
  }

  private devices(entries: readonly Change[]): unknown {
    const macs = [...new Set(entries.map(({ subject }) => subject))];
    const list = (some: readonly string[]): unknown =>
      html`<ul class="devices">
        ${some.map((mac) => html`<li>${deviceLink(mac)}</li>`)}
      </ul>`;
    if (macs.length <= FEW && !this.isCut) return list(macs);
    return html`<details>
      <summary>
        ${this.isCut ? strings.changes.devicesAtLeast(macs.length) : strings.changes.devices(macs.length)}
      </summary>
      ${list(macs.slice(0, MOST))}
      ${macs.length > MOST ? html`<p>${strings.andMore(counted(macs.length - MOST))}</p>` : nothing}
    </details>`;
  }

  private filter(detail: Partial<ChangesView>): void {
    this.dispatchEvent(new CustomEvent("filter", { detail }));
  }
}

function operations(entries: readonly Change[]): readonly Change["operation"][] {
  return [...new Set(entries.map(({ operation }) => operation))];
}

function difference({ tags, note, model, kind, revision }: Change): unknown {
  if (kind !== "tags") return html`<span class="faint">${strings.changes.revision(counted(revision))}</span>`;
  return html`
    ${tags ? html`<bdi class="mono">${labels(tags)}</bdi>` : nothing}
    ${
      note
        ? html`<p class="faint">
            <bdi>${note.before ?? strings.changes.noNote}</bdi> →
            <bdi>${note.after ?? strings.changes.noNote}</bdi>
          </p>`
        : nothing
    }
    ${
      model
        ? html`<p class="faint">
            <bdi class="mono">${model.before ?? strings.changes.noModel}</bdi> →
            <bdi class="mono">${model.after ?? strings.changes.noModel}</bdi>
          </p>`
        : nothing
    }
  `;
}

declare global {
  interface HTMLElementTagNameMap {
    "change-entry": ChangeEntry;
  }
}
