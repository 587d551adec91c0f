/** The frame of dialogs. */
import { css } from "lit";

export const dialogs = css`
  dialog {
    max-width: calc(100vw - 16px);
    max-height: calc(100vh - 32px);
    padding: 16px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--ground);
    color: var(--text);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 40%);
  }
  form {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 12px;
  }
  label {
    display: grid;
    gap: 4px;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: var(--gap);
  }
`;
