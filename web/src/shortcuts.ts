// Everything by keyboard: single keys where nobody types, and Alt with the same key everywhere.
//
// The one idea: a component that is on the page brings its shortcuts with it; what is in force now is what `?` shows.
// Single keys can be switched off (prefs.ts), for those who dictate or tremble.

import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Key } from "./i18n/index.ts";
import { singleKeys } from "./prefs.ts";

export interface Shortcut {
  /** One key as KeyboardEvent.key says it, in lower case: "h", "?", "1". */
  readonly key: string;
  readonly label: Key;
  readonly group: Key;
  /** Where false the key does nothing now; it is listed all the same. */
  readonly when?: boolean;
  readonly run: () => void;
}

const brought = signal<readonly { readonly list: () => readonly Shortcut[] }[]>([]);

/** All shortcuts that the page has now, those of the youngest component first. */
export const shortcuts = (): readonly Shortcut[] => [...brought.value].reverse().flatMap(({ list }) => list());

export function useShortcuts(list: readonly Shortcut[]): void {
  const latest = useRef(list);
  latest.current = list;
  // Before it is painted: whoever sees the button may press its key.
  useLayoutEffect(() => {
    const mine = { list: () => latest.current };
    brought.value = [...brought.peek(), mine];
    return () => {
      brought.value = brought.peek().filter((one) => one !== mine);
    };
  }, []);
}

const TYPING = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable], [role=combobox]";

/** The key that a shortcut would have to name, or null where the event is none's. */
export function keyOf(event: KeyboardEvent, isTyping: boolean, single: boolean): string | null {
  if (event.ctrlKey || event.metaKey || event.isComposing) return null;
  // Alt changes what a key writes on some systems, so there the place of the key counts.
  if (event.altKey) return /^(Key|Digit)(.)$/.exec(event.code)?.[2]?.toLowerCase() ?? event.key.toLowerCase();
  return single && !isTyping ? event.key.toLowerCase() : null;
}

export function startShortcuts(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat) return;
    const target = event.target instanceof Element ? event.target : null;
    const key = keyOf(event, target?.closest(TYPING) != null, singleKeys.value);
    if (key === null) return;
    // A dialog is a place of its own: the page behind it does nothing.
    const dialog = document.querySelector("dialog:modal");
    if (dialog !== null) return;
    const found = shortcuts().find((one) => one.key === key && one.when !== false);
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  });
}
