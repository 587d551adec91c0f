import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import { lineEndsOf, shown } from "./editor-setup.ts";

/** As in the view of a conflict: a difference of large texts must not hold the page. */
const SEARCH = { scanLimit: 500, timeout: 100 };

/** The difference between two texts that the service does not have both of. */
@customElement("text-difference")
export class TextDifference extends LitElement {
  static override styles = css`
    :host {
      display: block;
      max-height: 50vh;
      overflow: auto;
      border: 1px solid var(--line);
      border-radius: var(--radius);
    }
  `;

  @property({ attribute: false }) earlier = "";
  @property({ attribute: false }) later = "";
  private view: EditorView | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.view?.destroy();
  }

  protected override render(): unknown {
    return html`<div></div>`;
  }

  protected override updated(): void {
    const root = this.renderRoot as ShadowRoot;
    const parent = root.querySelector("div");
    if (!parent) return;
    this.view?.destroy();
    const lineEnds = lineEndsOf(this.earlier, this.later);
    const original = EditorState.create({ extensions: lineEnds }).toText(this.earlier);
    const extensions = [
      lineEnds,
      ...shown(strings.document.difference),
      EditorState.readOnly.of(true),
      unifiedMergeView({
        original,
        mergeControls: false,
        diffConfig: SEARCH,
        collapseUnchanged: { margin: 3, minSize: 4 },
        syntaxHighlightDeletions: false,
      }),
    ];
    this.view = new EditorView({ parent, root, state: EditorState.create({ doc: this.later, extensions }) });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "text-difference": TextDifference;
  }
}
