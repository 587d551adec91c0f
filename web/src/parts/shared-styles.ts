/** Styles that several components use. */
import { css } from "lit";

export const controls = css`
  :host {
    box-sizing: border-box;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  a {
    color: var(--accent);
  }
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 34px;
    padding: 4px 12px;
    border: 1px solid var(--control);
    border-radius: var(--radius);
    background: var(--ground);
    color: var(--text);
    font: inherit;
    text-decoration: none;
    cursor: pointer;
  }
  button:hover:not(:disabled),
  .button:hover {
    border-color: var(--accent);
  }
  button.primary {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  button.plain {
    min-height: 0;
    padding: 2px 6px;
    border-color: transparent;
    background: transparent;
  }
  button:disabled {
    border-color: var(--line);
    background: var(--raised);
    color: var(--faint);
    cursor: not-allowed;
  }
  input,
  textarea,
  select {
    min-height: 34px;
    padding: 4px 10px;
    border: 1px solid var(--control);
    border-radius: var(--radius);
    background: var(--ground);
    color: var(--text);
    font: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  code,
  .mono {
    font-family: var(--mono);
    font-size: 0.92em;
  }
  .faint {
    color: var(--faint);
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  h1 {
    margin: 0;
    font-size: 1.35rem;
    line-height: 1.3;
  }
  h2 {
    margin: 0;
    font-size: 1.05rem;
  }
  h1:focus {
    outline: none;
  }
  @media (max-width: 600px) {
    button,
    button.plain,
    .button,
    input,
    select {
      min-height: 44px;
    }
    summary {
      padding-block: 12px;
    }
    :where(a:not(.button)) {
      display: inline-block;
      padding-block: 13px;
    }
  }
`;
