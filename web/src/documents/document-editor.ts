import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, foldGutter, foldKeymap } from "@codemirror/language";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap } from "@codemirror/view";
import { css, type CSSResultGroup, html, LitElement, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import { violations } from "./content-rules.ts";
import { lineEndsOf, shown } from "./editor-setup.ts";
import type { TextEdit } from "./member-edits.ts";

/**
 * An editor of a document: line numbers, folding, search, and the rules at their places.
 *
 * Events: `input`, the text has changed; `save`, by its key.
 */
@customElement("document-editor")
export class DocumentEditor extends LitElement {
  static override styles: CSSResultGroup = css`
    :host {
      display: block;
      overflow: auto;
      border: 1px solid var(--line);
      border-radius: var(--radius);
    }
  `;

  /** The text at the beginning. */
  @property({ attribute: false }) initial = "";
  /** What the text is, for screen readers. */
  @property({ attribute: false }) label = strings.document.text;
  /** What the editor has beside the rules of all documents, such as notes of a schema. */
  @property({ attribute: false }) further: Extension = [];
  protected view: EditorView | undefined;
  private readonly furtherPart = new Compartment();

  /** What was typed. */
  get text(): string {
    return this.view?.state.sliceDoc() ?? this.initial;
  }

  /** Replace the text; it can be undone. */
  replace(text: string): void {
    this.view?.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  /** Replace a part of the text; it can be undone. */
  edit({ from, to, insert }: TextEdit): void {
    this.view?.dispatch({ changes: { from: this.placeOf(from), to: this.placeOf(to), insert } });
  }

  /** Move to a place of the text. */
  goToPlace(place: number): void {
    this.view?.dispatch({ selection: { anchor: this.placeOf(place) }, scrollIntoView: true });
    this.view?.focus();
  }

  /** Move to a place. Both count from 1, as in errors of the API. */
  goTo(line: number, column: number): void {
    const view = this.view;
    if (!view || line < 1 || line > view.state.doc.lines) return;
    const { from, to } = view.state.doc.line(line);
    view.dispatch({
      selection: { anchor: Math.min(from + Math.max(0, column - 1), to) },
      scrollIntoView: true,
    });
    view.focus();
  }

  override focus(): void {
    this.view?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.view?.destroy();
  }

  protected override render(): unknown {
    return html`<div></div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("further") && changed.get("further") !== undefined)
      this.view?.dispatch({ effects: this.furtherPart.reconfigure(this.further) });
  }

  protected override firstUpdated(): void {
    // Within the shadow tree, styles are sheets of its root: the policy of the page allows no style elements.
    this.view = this.begin(this.renderRoot as ShadowRoot);
  }

  /** Make the view of the text. */
  protected begin(root: ShadowRoot): EditorView | undefined {
    const parent = root.querySelector("div");
    if (!parent) return undefined;
    const extensions = [lineEndsOf(this.initial), ...this.extensions()];
    return new EditorView({ parent, root, state: EditorState.create({ doc: this.initial, extensions }) });
  }

  /** The place in the editor, for which each line end is one character, of a place in the text. */
  private placeOf(place: number): number {
    if (this.view?.state.lineBreak !== "\r\n") return place;
    return place - (this.text.slice(0, place).split("\r\n").length - 1);
  }

  protected extensions(): Extension[] {
    return [
      this.furtherPart.of(this.further),
      ...shown(this.label),
      history(),
      drawSelection(),
      bracketMatching(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      foldGutter(),
      lintGutter(),
      linter(
        (view) =>
          violations(view.state.doc.toString()).map(({ rule, from, to }) => ({
            from,
            to,
            severity: "error",
            message: strings.document.rules[rule],
          })),
        { delay: 300 },
      ),
      keymap.of([
        { key: "Mod-s", preventDefault: true, run: () => this.dispatchEvent(new Event("save")) },
        ...defaultKeymap,
        ...historyKeymap,
        ...searchKeymap,
        ...foldKeymap,
        ...lintKeymap,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) this.dispatchEvent(new Event("input"));
      }),
    ];
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "document-editor": DocumentEditor;
  }
}
