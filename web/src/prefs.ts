// What this browser remembers of its user's wishes: a signal for each, kept in localStorage.
//
// The one idea: a wish that cannot be kept (storage is full or forbidden) still holds until the page is closed.

import { effect, type Signal, signal } from "@preact/signals";

const PREFIX = "callcenter.";

/** A signal that is remembered under `name`. `isValid` keeps out what an older version, or a curious user, has left. */
export function remembered<T>(name: string, initial: T, isValid: (value: unknown) => value is T): Signal<T> {
  const wish = signal(initial);
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    if (isValid(kept)) wish.value = kept;
  } catch {
    // not ours, or no storage: the initial value holds
  }
  let first = true;
  effect(() => {
    const text = JSON.stringify(wish.value);
    if (first) {
      first = false;
      return;
    }
    try {
      localStorage.setItem(PREFIX + name, text);
    } catch {
      // holds until the page is closed
    }
  });
  return wish;
}

export const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (value: unknown): value is T =>
    values.includes(value as T);

export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

export const isShare = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1;

export const isText = (value: unknown): value is string => typeof value === "string";

// ---- the wishes that concern every page

export type Theme = "system" | "light" | "dark";

export const theme = remembered<Theme>("theme", "system", oneOf("system", "light", "dark"));
/** The language's tag, or "" to go by the browser's preference. */
export const language = remembered("language", "", isText);
/** Whether single keys are shortcuts. Alt and the key always is one. */
export const singleKeys = remembered("single-keys", true, isBoolean);

effect(() => {
  if (typeof document === "undefined") return;
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
});
