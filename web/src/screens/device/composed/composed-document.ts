import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { api, content, type Schemas } from "../../../api/client.ts";
import { memberText } from "../../../documents/json-text.ts";
import { controls } from "../../../parts/shared-styles.ts";
import { layerAddress } from "../../../router.ts";
import { report } from "../../../shell/errors.ts";
import { partOf } from "../../../strings/part.ts";
import { type ComposedLine, linesOf } from "./composed-lines.ts";

const en = {
  heading: "The document, composed of layers",
  meaning: "What the device is served. Beside each value stands the layer that it comes from.",
  layers: "Layers, the lowest first",
  own: "own content",
  over: (names: string) => `over ${names}`,
  source: "From",
  line: "Document",
  next: "An edit of layers is on its way: this is what the device is served next.",
};
const de: typeof en = {
  heading: "Das Dokument, aus Schichten zusammengesetzt",
  meaning: "Was das Gerät bekommt. Neben jedem Wert steht die Schicht, aus der er kommt.",
  layers: "Schichten, die unterste zuerst",
  own: "eigener Inhalt",
  over: (names) => `über ${names}`,
  source: "Aus",
  line: "Dokument",
  next: "Eine Änderung von Schichten läuft noch: das bekommt das Gerät als nächstes.",
};
const said = partOf({ en, de });

/** What a device that layers reach is served, with the source of each value in a gutter. Empty where no layer reaches it. */
@customElement("composed-document")
export class ComposedDocument extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }
      summary {
        cursor: pointer;
      }
      .scroll {
        max-height: 70vh;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 0.87em;
      }
      th {
        text-align: start;
        font-weight: normal;
        color: var(--faint);
      }
      th,
      td {
        padding: 1px 10px;
        vertical-align: top;
        overflow-wrap: anywhere;
      }
      td:first-child {
        width: 30%;
        min-width: 110px;
        border-right: 1px solid var(--line);
        background: var(--raised);
      }
      .layer {
        margin-inline-end: 8px;
      }
      .text {
        font-family: var(--mono);
        white-space: pre-wrap;
      }
      p {
        margin: 8px 0;
      }
    `,
  ];

  @property({ attribute: false }) mac = "";
  /** A number that changes when the device is served another document. */
  @property({ attribute: false }) newest = 0;
  @state() private found: Schemas["DeviceDocument"] | undefined;
  @state() private lines: readonly ComposedLine[] = [];

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("mac")) this.found = undefined;
    if (changed.has("mac") || changed.has("newest")) void this.load();
  }

  protected override render(): unknown {
    const { found } = this;
    if (!found || found.layers.length === 0) return nothing;
    return html`<details open>
      <summary>${said.heading}</summary>
      <p class="faint">${said.meaning} ${found.is_served ? nothing : said.next}</p>
      <p>
        ${said.layers}:
        ${found.layers.map(({ layer }) => html`<a class="layer" href=${layerAddress(layer)}>${layer}</a> `)}
      </p>
      <div class="scroll" tabindex="0" role="group" aria-label=${said.heading}>
        <table>
          <thead>
            <tr>
              <th scope="col">${said.source}</th>
              <th scope="col">${said.line}</th>
            </tr>
          </thead>
          <tbody>
            ${this.lines.map(
              ({ text, member }) =>
                html`<tr>
                  <td>${member ? this.source(member) : nothing}</td>
                  <td class="text">${text}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  private source({ layer, shadows }: NonNullable<ComposedLine["member"]>): unknown {
    const names = [...new Set(shadows.map((each) => each.layer ?? said.own))];
    return html`${layer ?? said.own}
    ${names.length > 0 ? html`<span class="faint">${said.over(names.join(", "))}</span>` : nothing}`;
  }

  private async load(): Promise<void> {
    const { mac } = this;
    if (mac === "") return;
    try {
      const params = { path: { mac }, query: { explain: true } };
      const text = await content(
        api.GET("/api/devices/{mac}/document", { params, parseAs: "text", cache: "no-store" }),
      );
      if (mac !== this.mac) return;
      this.found = JSON.parse(text) as Schemas["DeviceDocument"];
      this.lines = linesOf(memberText(text, "document") ?? "{}", this.found.members ?? []);
    } catch (error) {
      if (mac === this.mac) report(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "composed-document": ComposedDocument;
  }
}
