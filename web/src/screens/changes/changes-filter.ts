import { css, html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { deviceStore } from "../../devices/device-store.ts";
import { controls } from "../../parts/shared-styles.ts";
import { strings } from "../../strings/strings.ts";
import { ALL, type ChangesView, OPERATIONS } from "./changes-view.ts";

/** Fields that limit the log. Event: `filter`, with the parts of the view that were filled in. */
@customElement("changes-filter")
export class ChangesFilter extends LitElement {
  static override styles = [
    controls,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(200px, 1fr));
        align-items: end;
        gap: var(--gap) 16px;
        padding: 4px 0 12px;
      }
      label {
        display: grid;
        gap: 2px;
      }
      summary {
        width: max-content;
        padding: 6px 0;
        cursor: pointer;
      }
      @media (max-width: 600px) {
        summary {
          padding: 11px 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) view: ChangesView = ALL;
  @query("form") private readonly form!: HTMLFormElement;

  protected override render(): unknown {
    const { changes } = strings;
    return html`<details>
      <summary>${changes.addFilter}</summary>
      <form @submit=${this.onSubmit} @input=${this.onInput}>
        <label>${changes.device}<input name="device" maxlength="255" autocomplete="off" /></label>
        <label
          >${changes.operation}
          <select name="operation">
            <option value="">${changes.anyOperation}</option>
            ${OPERATIONS.map((each) => html`<option value=${each}>${changes.operations[each]}</option>`)}
          </select>
        </label>
        <label>${changes.author}<input name="author" maxlength="255" autocomplete="off" /></label>
        <label
          >${changes.tag}<input name="tag" maxlength="64" autocomplete="off" autocapitalize="off"
        /></label>
        <label>${changes.from}<input name="from" type="datetime-local" /></label>
        <label>${changes.until}<input name="until" type="datetime-local" /></label>
        <button class="primary">${changes.apply}</button>
      </form>
    </details>`;
  }

  private field(name: string): HTMLInputElement {
    return this.form.elements.namedItem(name) as HTMLInputElement;
  }

  private onInput(): void {
    this.field("device").setCustomValidity("");
  }

  private onSubmit(event: Event): void {
    event.preventDefault();
    const given = this.field("device").value.trim();
    const device = given && named(given);
    if (device === undefined) {
      this.field("device").setCustomValidity(strings.changes.noSuchDevice);
      this.form.reportValidity();
      return;
    }
    const tag = this.field("tag").value.trim();
    const tags = tag && !this.view.tags.includes(tag) ? [...this.view.tags, tag] : this.view.tags;
    const values = {
      device,
      operation: this.field("operation").value as ChangesView["operation"],
      author: this.field("author").value.trim(),
      from: utc(this.field("from").value),
      until: utc(this.field("until").value),
    };
    const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
    this.form.reset();
    this.dispatchEvent(new CustomEvent<Partial<ChangesView>>("filter", { detail: { ...filled, tags } }));
  }
}

/** The MAC address that was meant: given in any spelling, or by a device's name. */
function named(given: string): string | undefined {
  if (/^([0-9a-f]{2}[:-]?){5}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i.test(given)) return given;
  const wanted = given.toLocaleLowerCase();
  for (const { device_name, mac_address } of deviceStore.devices.values())
    if (device_name?.toLocaleLowerCase() === wanted) return mac_address;
  return undefined;
}

/** RFC 3339 of a moment in the time zone of the browser. */
function utc(local: string): string {
  return local && new Date(local).toISOString();
}

declare global {
  interface HTMLElementTagNameMap {
    "changes-filter": ChangesFilter;
  }
}
