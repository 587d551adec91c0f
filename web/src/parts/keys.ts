/** Keys of a screen: they work wherever the focus is, apart from fields and dialogs. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** What each key does, by `KeyboardEvent.key`. */
export type Keys = Readonly<Record<string, () => void>>;

export class KeyBindings implements ReactiveController {
  private readonly keys: Keys;

  constructor(host: ReactiveControllerHost, keys: Keys) {
    this.keys = keys;
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener("keydown", this.onKey);
  }

  hostDisconnected(): void {
    window.removeEventListener("keydown", this.onKey);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (!(target instanceof Element) || takesKey(target, event.key)) return;
    const act = this.keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  };
}

/** Whether an element uses this key itself. */
function takesKey(element: Element, key: string): boolean {
  if (element.closest("dialog[open]")) return true;
  if (element instanceof HTMLElement && element.isContentEditable) return true;
  if (element.matches("textarea, select, input:not([type=checkbox])")) return key !== "Escape";
  return key === "Enter" && element.matches("a, button, summary, input");
}
