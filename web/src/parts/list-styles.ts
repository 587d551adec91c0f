/** Styles of screens that show a list: rows on a wide screen, cards on a narrow one. */
import { css } from "lit";

export const lists = css`
  :host {
    display: block;
    padding: 12px 16px;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap) 16px;
    padding-bottom: 12px;
  }
  .title {
    display: flex;
    flex: 1;
    align-items: baseline;
    gap: 12px;
  }
  .search {
    width: min(340px, 100%);
  }
  .rows {
    margin: 0;
    padding: 0;
    border-top: 1px solid var(--line);
    list-style: none;
  }
  .row {
    display: grid;
    align-items: center;
    gap: 2px 16px;
    padding: 8px 0;
    border-bottom: 1px solid var(--line);
  }
  .row > * {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .row p {
    margin: 0;
  }
  .device {
    color: var(--text);
    font-weight: 500;
    text-decoration: none;
  }
  .device:hover {
    text-decoration: underline;
  }
  .after {
    padding: 12px 0;
  }
  .empty {
    padding: 24px 0;
  }
  .empty pre {
    overflow-x: auto;
    padding: 10px;
    border-radius: var(--radius);
    background: var(--raised);
  }
  .said {
    margin: 0 0 10px;
    padding: 6px 12px;
    border-radius: var(--radius);
    background: var(--good-ground);
  }
  @media (max-width: 600px) {
    .search {
      width: 100%;
    }
    .rows {
      border: 0;
    }
    .row {
      margin-bottom: var(--gap);
      padding: 8px 12px;
      border: 1px solid var(--line);
      border-radius: var(--radius);
    }
    .device {
      display: inline-flex;
      align-items: center;
      column-gap: 6px;
      min-height: 44px;
    }
  }
`;
