/** Styles of both lists of tokens. */
import { css } from "lit";

/** A question, and the buttons that answer it. */
export const asking = css`
  .asked {
    display: flex;
    grid-column: 1 / -1;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap);
  }
  .asked p {
    margin: 0;
  }
`;

export const tokenLists = css`
  :host {
    display: grid;
    gap: 12px;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: var(--gap) 12px;
  }
  label {
    display: grid;
    gap: 4px;
  }
  p {
    margin: 0;
  }
  ul {
    margin: 0;
    padding: 0;
    border-top: 1px solid var(--line);
    list-style: none;
  }
  li {
    display: grid;
    grid-template-columns: minmax(140px, 1.2fr) repeat(var(--facts, 3), minmax(110px, 1fr)) minmax(
        110px,
        auto
      );
    align-items: center;
    gap: 2px 16px;
    padding: 6px 0;
    border-bottom: 1px solid var(--line);
  }
  li > * {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  @media (max-width: 700px) {
    li {
      grid-template-columns: 1fr;
      padding: 10px 0;
    }
    form > label,
    form > label > * {
      flex: 1 1 140px;
      min-width: 0;
    }
  }
`;
