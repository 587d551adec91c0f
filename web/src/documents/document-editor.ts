import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  syntaxHighlighting,
} from "@codemirror/language";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { MergeView } from "@codemirror/merge";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strings } from "../strings/strings.ts";
import { violations } from "./content-rules.ts";

const THEME = EditorView.theme({
  "&": { backgroundColor: "var(--ground)", color: "var(--text)", fontSize: "13.5px" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--mono)", minHeight: "240px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": {
    backgroundColor: "var(--raised)",
    color: "var(--faint)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--raised)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selected)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selected)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-ground)" },
  ".cm-changedLine": { backgroundColor: "var(--added) !important" },
  ".cm-merge-a .cm-changedLine": { backgroundColor: "var(--removed) !important" },
  // CodeMirror draws these with pictures in data: URLs, which the policy of the page does not allow.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
  ".cm-lint-marker-error": {
    content: "normal",
    width: "8px",
    height: "8px",
    borderRadius: "4px",
    backgroundColor: "var(--bad)",
  },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)" },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
]);

/**
 * An editor of a document: line numbers, folding, search, and the rules at their places.
 *
 * Event `input`: the text has changed. With `other`, it stands beside another text, from which parts can be taken.
 */
@customElement("document-editor")
export class DocumentEditor extends LitElement {
  static override styles = css`
    :host {
      display: block;
      overflow: auto;
      border: 1px solid var(--line);
      border-radius: var(--radius);
    }
  `;

  /** The text at the beginning. */
  @property({ attribute: false }) initial = "";
  /** The text that stands beside it. */
  @property({ attribute: false }) other: string | undefined;
  /** What the text is, for screen readers. */
  @property({ attribute: false }) label = strings.document.text;
  private view: EditorView | undefined;
  private merge: MergeView | undefined;

  /** What was typed. */
  get text(): string {
    return this.view?.state.sliceDoc() ?? this.initial;
  }

  /** Replace the text; it can be undone. */
  replace(text: string): void {
    this.view?.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
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
    this.merge?.destroy();
    if (!this.merge) this.view?.destroy();
  }

  protected override render(): unknown {
    return html`<div></div>`;
  }

  protected override firstUpdated(): void {
    const parent = this.renderRoot.querySelector("div");
    if (!parent) return;
    // Within the shadow tree, styles are sheets of its root: the policy of the page allows no style elements.
    const root = this.renderRoot as ShadowRoot;
    // Line ends stay as they were written. Where both kinds occur, CR is a character like others.
    const lineEnds = EditorState.lineSeparator.of(
      /(^|[^\r])\n/.test(this.initial) ? "\n" : lineEndOf(this.initial),
    );
    if (this.other === undefined) {
      const state = EditorState.create({ doc: this.initial, extensions: [lineEnds, ...this.extensions()] });
      this.view = new EditorView({ parent, root, state });
      return;
    }
    this.merge = new MergeView({
      parent,
      root,
      a: { doc: this.other, extensions: [...shown(strings.document.theirs), EditorState.readOnly.of(true)] },
      b: { doc: this.initial, extensions: [lineEnds, ...this.extensions()] },
      revertControls: "a-to-b",
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    this.view = this.merge.b;
  }

  private extensions(): Extension[] {
    return [
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
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...lintKeymap]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) this.dispatchEvent(new Event("input"));
      }),
    ];
  }
}

function lineEndOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function shown(label: string): Extension[] {
  return [
    lineNumbers(),
    json(),
    syntaxHighlighting(COLOURS),
    EditorView.lineWrapping,
    THEME,
    EditorView.contentAttributes.of({ "aria-label": label }),
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "document-editor": DocumentEditor;
  }
}
