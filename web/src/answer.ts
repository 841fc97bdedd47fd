// What a page has asked the API for: the answer, or why there is none, and asking again.

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api, type Query, Refusal } from "./api.ts";

export interface Asked<T> {
  readonly value: ReadonlySignal<T | null>;
  readonly refusal: ReadonlySignal<Refusal | null>;
  /** Ask again; what is there stays until the new answer comes. */
  readonly again: () => Promise<void>;
}

/** Ask when the component comes, and whenever the path or the query differs. */
export function useAnswer<T>(path: string, query: Query = {}): Asked<T> {
  const value = useSignal<T | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const latest = useRef<AbortController | null>(null);
  const wanted = JSON.stringify([path, query]);
  const again = async (): Promise<void> => {
    latest.current?.abort();
    const mine = new AbortController();
    latest.current = mine;
    try {
      const answer = await api.get<T>(path, query, mine.signal);
      if (mine.signal.aborted) return;
      value.value = answer;
      refusal.value = null;
    } catch (failure) {
      if (mine.signal.aborted) return;
      if (!(failure instanceof Refusal)) throw failure;
      refusal.value = failure;
    }
  };
  useEffect(() => {
    void again();
    return () => latest.current?.abort();
  }, [wanted]);
  return { value, refusal, again };
}
