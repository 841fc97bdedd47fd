// Where in the application the user is: the address, going somewhere, and coming back to a place as it was left.
//
// The one idea: a view's state (filters, sorting, what is unfolded) lives outside of its components, under a name, so
// that a drill-down and a step back find it again; the scroll position belongs to the entry in the history.

import { type Signal, signal } from "@preact/signals";

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const read = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const here = signal<Place>(
  typeof location === "undefined" ? { path: "/", query: new URLSearchParams() } : read(),
);

const scrolls = new Map<string, number>();
let entry = "start";

/** Go to an address of the application. `replace`: the present one is not worth coming back to. */
export function go(to: string, { replace = false }: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  scrolls.set(entry, scrollY);
  if (!replace) entry = crypto.getRandomValues(new Uint32Array(2)).join("-");
  history[replace ? "replaceState" : "pushState"]({ entry }, "", to);
  here.value = read();
  scrollTo(0, 0);
}

/** Back to where the user came from, or to `otherwise` where this page was the first. */
export function goBack(otherwise: string): void {
  if (entry === "start") go(otherwise);
  else history.back();
}

export function startRouter(): void {
  history.scrollRestoration = "manual";
  history.replaceState({ entry }, "");
  addEventListener("popstate", (event) => {
    scrolls.set(entry, scrollY);
    entry = (event.state as { entry?: string } | null)?.entry ?? "start";
    here.value = read();
    const top = scrolls.get(entry) ?? 0;
    // Once what is there has been drawn; a list that is still on its way gets a second chance.
    requestAnimationFrame(() => {
      scrollTo(0, top);
      setTimeout(() => scrollTo(0, top), 120);
    });
  });
}

/** The named parts of a path that fits a pattern such as "/contacts/:id", or null. */
export function match(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split("/");
  const given = path.replace(/\/$/, "").split("/");
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) {
      try {
        found[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null; // a broken escape
      }
    } else if (part !== value) return null;
  }
  return found;
}

const kept = new Map<string, Signal<unknown>>();

/** A view's state under a name of the whole application: keptState("floor.sort", "name"). Outlives the view. */
export function keptState<T>(name: string, initial: T): Signal<T> {
  let state = kept.get(name);
  if (state === undefined) {
    state = signal<unknown>(initial);
    kept.set(name, state);
  }
  return state as Signal<T>;
}

/** Somebody else may sign in next: nothing of the last one's views stays. */
export function forgetKept(): void {
  kept.clear();
  scrolls.clear();
}
