// The server's entries by their keys, each a signal of its own.
//
// The one idea: a component reads the entries that it shows, so that one changed entry draws one component again. A
// list reads the keys of a kind; that signal changes only when an entry comes or goes.

import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { EntryKey, EntryOf, Kind, KindEntry } from "../types.ts";

export class Store {
  readonly #entries = new Map<string, Signal<unknown>>();
  readonly #keys = new Map<string, Signal<readonly string[]>>();

  /** The entry of a key; undefined while the server has said nothing of it. */
  entry<K extends EntryKey>(key: K): ReadonlySignal<EntryOf<K> | undefined> {
    return this.#of(key) as Signal<EntryOf<K> | undefined>;
  }

  /** The names of all entries of a kind, in the order in which they came: "sales" for "queue/sales". */
  names(kind: Kind): ReadonlySignal<readonly string[]> {
    return this.#namesOf(kind);
  }

  /** All entries of a kind. Whoever reads this is drawn again with each change of one of them. */
  all<P extends Kind>(kind: P): readonly KindEntry<P>[] {
    return this.#namesOf(kind)
      .value.map((name) => this.#of(`${kind}/${name}`).value as KindEntry<P> | undefined)
      .filter((entry) => entry !== undefined);
  }

  /** The whole of what is: what is not among `entries` is gone. */
  replace(entries: Readonly<Record<string, unknown>>): void {
    batch(() => {
      const gone = [...this.#entries].filter(([key, entry]) => entry.value !== undefined && !(key in entries));
      this.change(
        entries,
        gone.map(([key]) => key),
      );
    });
  }

  /** What has changed: entries that are new or different, and keys that are no more. */
  change(set: Readonly<Record<string, unknown>>, gone: readonly string[]): void {
    batch(() => {
      const touched = new Map<string, Set<string>>();
      for (const [key, value] of Object.entries(set)) this.#put(key, value, touched);
      for (const key of gone) this.#put(key, undefined, touched);
      for (const [kind, names] of touched) {
        const signal = this.#namesOf(kind);
        const old = signal.value;
        const kept = old.filter((name) => this.#of(`${kind}/${name}`).value !== undefined);
        const added = [...names].filter(
          (name) => !old.includes(name) && this.#of(`${kind}/${name}`).value !== undefined,
        );
        signal.value = [...kept, ...added];
      }
    });
  }

  #put(key: string, value: unknown, touched: Map<string, Set<string>>): void {
    const entry = this.#of(key);
    const comesOrGoes = (entry.value === undefined) !== (value === undefined);
    entry.value = value;
    const slash = key.indexOf("/");
    if (!comesOrGoes || slash < 0) return;
    const kind = key.slice(0, slash);
    const names = touched.get(kind) ?? new Set();
    touched.set(kind, names.add(key.slice(slash + 1)));
  }

  #of(key: string): Signal<unknown> {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = signal<unknown>(undefined);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #namesOf(kind: string): Signal<readonly string[]> {
    let names = this.#keys.get(kind);
    if (names === undefined) {
      names = signal<readonly string[]>([]);
      this.#keys.set(kind, names);
    }
    return names;
  }
}
