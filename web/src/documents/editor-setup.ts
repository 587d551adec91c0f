/** What all editors of documents have: colours, and the language. */
import { json } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

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
  "&.cm-merge-b .cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--added)" },
  ".cm-deletedChunk": { backgroundColor: "var(--removed)" },
  ".cm-deletedChunk .cm-chunkButtons": { position: "static", display: "flex", gap: "8px", padding: "4px 0" },
  ".cm-deletedChunk button.decide": {
    margin: "0",
    padding: "2px 10px",
    minHeight: "28px",
    border: "1px solid var(--control)",
    borderRadius: "var(--radius)",
    background: "var(--ground)",
    color: "var(--text)",
    font: "13.5px var(--font)",
  },
  ".cm-deletedChunk button.decide:hover": { borderColor: "var(--accent)" },
  ".cm-collapsedLines": { color: "var(--faint)", background: "var(--raised)" },
  // CodeMirror draws these with pictures in data: URLs, which the policy of the page does not allow.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
  ".cm-lint-marker-error": {
    content: "normal",
    width: "8px",
    height: "8px",
    borderRadius: "4px",
    backgroundColor: "var(--bad)",
  },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warn)" },
  ".cm-lint-marker-warning": {
    content: "normal",
    width: "8px",
    height: "8px",
    borderRadius: "2px",
    backgroundColor: "var(--warn)",
  },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--selected)", color: "var(--text)" },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
]);

/** Line ends stay as they were written. Where both kinds occur in texts, CR is a character like others. */
export function lineEndsOf(...texts: readonly string[]): Extension {
  const hasBare = texts.some((text) => /(^|[^\r])\n/.test(text));
  const hasPairs = texts.some((text) => text.includes("\r\n"));
  return EditorState.lineSeparator.of(hasPairs && !hasBare ? "\r\n" : "\n");
}

/** A document with line numbers, under an accessible name. */
export function shown(label: string): Extension[] {
  return [
    lineNumbers(),
    json(),
    syntaxHighlighting(COLOURS),
    EditorView.lineWrapping,
    THEME,
    EditorView.contentAttributes.of({ "aria-label": label }),
  ];
}
