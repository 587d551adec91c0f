import { getChunks, getOriginalDoc, originalDocChangeEffect, unifiedMergeView } from "@codemirror/merge";
import { ChangeSet, EditorState, Text } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { css, type CSSResultGroup, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strings } from "../../strings/strings.ts";
import { DocumentEditor } from "../document-editor.ts";
import { lineEndsOf, shown } from "../editor-setup.ts";
import { type Edit, editsOf, isDisputed, takenOver } from "./three-way.ts";

/** Bounds the search for differences: beyond them, they are coarser. */
const SEARCH = { scanLimit: 500, timeout: 100 };
const COLLAPSED = { margin: 3, minSize: 6 };

interface Chunk {
  /** Where it stands in the text. */
  fromB: number;
  endB: number;
  /** What they changed, as edits of the base. */
  edits: readonly Edit[];
}

/**
 * Three texts of a document: on the left, what another one made of the base; on the right, what is typed, beside the same
 * base. Each of their changes is taken over or left out, and is then a part of the base: at the end, the base is what they
 * stored, and the right side shows what saving will change.
 *
 * Events: `input`; `save`; `decided`, when it is known which of their changes are left to decide, at the beginning, too.
 */
@customElement("conflict-editor")
export class ConflictEditor extends DocumentEditor {
  static override styles: CSSResultGroup = [
    DocumentEditor.styles,
    css`
      :host {
        border: 0;
        overflow: visible;
      }
      .sides {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        gap: var(--gap);
      }
      h3 {
        margin: 0 0 4px;
        font-size: 1rem;
      }
      .side > div {
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      @media (max-width: 900px) {
        .sides {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  /** The text that both were made of, at the beginning. */
  @property({ attribute: false }) base = "";
  /** What another one stored. */
  @property({ attribute: false }) theirs = "";
  private left: EditorView | undefined;

  /** How many of their changes are neither taken over nor left out. */
  get undecided(): number {
    return this.left ? this.chunks().length : 1;
  }

  /** The base with those of their changes that were decided. */
  get decidedBase(): string {
    if (!this.left) return this.base;
    const { state } = this.left;
    return getOriginalDoc(state).sliceString(0, undefined, state.lineBreak);
  }

  /** Take over all changes that touch none of mine. */
  takeWhatFits(): void {
    const mine = this.mine();
    this.decide(
      this.chunks().filter(({ edits }) => !isDisputed(edits, mine)),
      true,
    );
  }

  /** Keep my text as it is. */
  leaveOut(): void {
    this.decide(this.chunks(), false);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.left?.destroy();
  }

  protected override render(): unknown {
    return html`<div class="sides">
      <div class="side">
        <h3>${strings.conflict.theirs}</h3>
        <div class="left"></div>
      </div>
      <div class="side">
        <h3>${strings.conflict.mine}</h3>
        <div class="right"></div>
      </div>
    </div>`;
  }

  protected override begin(root: ShadowRoot): EditorView | undefined {
    const parents = [root.querySelector(".left"), root.querySelector(".right")];
    const [left, right] = parents;
    if (!left || !right) return undefined;
    const lineEnds = lineEndsOf(this.initial, this.base, this.theirs);
    const original = EditorState.create({ extensions: lineEnds }).toText(this.base);
    this.left = new EditorView({
      parent: left,
      root,
      state: EditorState.create({
        doc: this.theirs,
        extensions: [
          lineEnds,
          ...shown(strings.conflict.theirs),
          EditorState.readOnly.of(true),
          comparedWith(original, (kind) => this.button(kind)),
        ],
      }),
    });
    const view = new EditorView({
      parent: right,
      root,
      state: EditorState.create({
        doc: this.initial,
        extensions: [lineEnds, ...this.extensions(), comparedWith(original, false)],
      }),
    });
    // What both changed alike needs no decision.
    queueMicrotask(() => {
      const mine = this.mine();
      const alike = ({ edits }: Chunk): boolean =>
        !isDisputed(edits, mine) && takenOver("", edits, mine).length === 0;
      this.decide(this.chunks().filter(alike), true);
      this.dispatchEvent(new Event("decided"));
    });
    return view;
  }

  private button(kind: "accept" | "reject"): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "decide";
    button.textContent = kind === "accept" ? strings.conflict.take : strings.conflict.leave;
    button.addEventListener("mousedown", (event) => {
      event.preventDefault();
    });
    button.addEventListener("click", () => {
      const place = this.left && button.parentElement && this.left.posAtDOM(button.parentElement);
      const chunk = this.chunks().find(({ fromB, endB }) => place != null && fromB <= place && place <= endB);
      if (chunk) this.decide([chunk], kind === "accept");
    });
    return button;
  }

  /** Their changes that are not decided. */
  private chunks(): Chunk[] {
    return this.left ? chunksOf(this.left.state) : [];
  }

  /** What is typed, as edits of the base. */
  private mine(): Edit[] {
    return this.view ? chunksOf(this.view.state).flatMap(({ edits }) => edits) : [];
  }

  private decide(chunks: readonly Chunk[], isTaken: boolean): void {
    const { left, view } = this;
    if (!left || !view || chunks.length === 0) return;
    const mine = this.mine();
    const base = getOriginalDoc(left.state).toString();
    const taken = isTaken ? chunks.flatMap(({ edits }) => takenOver(base, edits, mine)) : [];
    const edits = chunks.flatMap((chunk) => chunk.edits);
    for (const each of [left, view]) {
      const changes = changesOf(edits, getOriginalDoc(each.state));
      const effects = originalDocChangeEffect(each.state, changes);
      each.dispatch(each === view ? { effects, changes: changesOf(taken, view.state.doc) } : { effects });
    }
    this.dispatchEvent(new Event("decided"));
  }
}

function chunksOf(state: EditorState): Chunk[] {
  const text = state.doc.toString();
  return (getChunks(state)?.chunks ?? []).map(({ fromA, fromB, endB, changes }) => ({
    fromB,
    endB,
    edits: editsOf(
      text,
      changes.map((each) => ({
        fromA: fromA + each.fromA,
        toA: fromA + each.toA,
        fromB: fromB + each.fromB,
        toB: fromB + each.toB,
      })),
    ),
  }));
}

function changesOf(edits: readonly Edit[], text: Text): ChangeSet {
  // Texts of CodeMirror have one kind of line end, whatever the document has.
  return ChangeSet.of(
    edits.map(({ from, to, insert }) => ({ from, to, insert: Text.of(insert.split("\n")) })),
    text.length,
  );
}

function comparedWith(original: Text, mergeControls: false | ((kind: "accept" | "reject") => HTMLElement)) {
  return unifiedMergeView({
    original,
    mergeControls,
    diffConfig: SEARCH,
    collapseUnchanged: COLLAPSED,
    syntaxHighlightDeletions: false,
  });
}

declare global {
  interface HTMLElementTagNameMap {
    "conflict-editor": ConflictEditor;
  }
}
