/** Styles of both lists of tokens. */
import { css } from "lit";

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
    grid-template-columns: minmax(160px, 2fr) repeat(var(--facts, 3), minmax(110px, 1fr)) minmax(110px, auto);
    align-items: center;
    gap: 2px 16px;
    padding: 6px 0;
    border-bottom: 1px solid var(--line);
  }
  li > * {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .asked {
    display: flex;
    grid-column: 1 / -1;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap);
  }
  @media (max-width: 700px) {
    li {
      grid-template-columns: 1fr;
      padding: 10px 0;
    }
    li button {
      justify-self: start;
    }
  }
`;
