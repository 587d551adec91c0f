/** The top of a screen that finds what it lists by one search. */
import { html } from "lit";

/** heading: of the screen. status: how many are found. label: of the field. limit: characters of the search. */
export interface SearchHeading {
  heading: string;
  status: string;
  label: string;
  limit: number;
  search: string;
  onInput: () => void;
}

/** The heading, what was found, and the field, of the class `search`. */
export function searchHeading({ heading, status, label, limit, search, onInput }: SearchHeading): unknown {
  return html`<div class="top">
    <div class="title">
      <h1>${heading}</h1>
      <span class="faint" role="status">${status}</span>
    </div>
    <input
      class="search"
      type="search"
      aria-label=${label}
      placeholder=${label}
      maxlength=${limit}
      autocapitalize="off"
      autocomplete="off"
      spellcheck="false"
      .value=${search}
      @input=${onInput}
    />
  </div>`;
}
