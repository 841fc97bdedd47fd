// A contact's story as one line of time: stretches, decisions and notes in the order in which they happened.

import type { Explanation } from "../../types.ts";

export interface Logged {
  readonly id: string;
  readonly arrived_ms: number;
  readonly connected_ms: number | null;
  readonly ended_ms: number | null;
  readonly waited_ms: number | null;
  readonly handled_ms: number | null;
  readonly caller: string | null;
  readonly caller_name: string;
  readonly dialled: string;
  readonly account: string | null;
  readonly intent: string | null;
  readonly language: string | null;
  readonly tier: string;
  readonly queue: string | null;
  readonly priority: number | null;
  readonly rule: string | null;
  readonly because: string | null;
  readonly agent: string | null;
  readonly outcome: string | null;
  readonly disposition: string | null;
  readonly follow_up_on: string | null;
  readonly offers: number;
  readonly tags: readonly string[];
  readonly state: string | null;
}

export interface Segment {
  readonly number: number;
  readonly kind: string;
  readonly started_ms: number;
  readonly ended_ms: number;
  readonly queue: string | null;
  readonly agent: string | null;
  readonly result: string | null;
}

export interface Decision {
  readonly number: number;
  readonly kind: string;
  readonly at_ms: number;
  readonly queue: string | null;
  readonly priority: number | null;
  readonly words: string;
  readonly by: string | null;
}

export interface LoggedNote {
  readonly id: string;
  readonly at_ms: number;
  readonly by: string;
  readonly text: string;
}

export interface Story {
  readonly contact: Logged;
  readonly customer: {
    readonly account: string;
    readonly name: string | null;
    readonly tier: string | null;
    readonly language: string | null;
  } | null;
  readonly segments: readonly Segment[];
  readonly decisions: readonly Decision[];
  readonly notes: readonly LoggedNote[];
  readonly explanation: Explanation | null;
  readonly partial: string | null;
}

export type Happening =
  | { readonly what: "segment"; readonly at_ms: number; readonly segment: Segment }
  | { readonly what: "decision"; readonly at_ms: number; readonly decision: Decision }
  | { readonly what: "note"; readonly at_ms: number; readonly note: LoggedNote };

const ORDER = { decision: 0, segment: 1, note: 2 };

/** All that happened, in time; what was decided at a moment stands before the stretch that begins with it. */
export function happenings(story: Pick<Story, "segments" | "decisions" | "notes">): readonly Happening[] {
  const all: Happening[] = [
    ...story.segments.map((segment) => ({ what: "segment" as const, at_ms: segment.started_ms, segment })),
    ...story.decisions.map((decision) => ({ what: "decision" as const, at_ms: decision.at_ms, decision })),
    ...story.notes.map((note) => ({ what: "note" as const, at_ms: note.at_ms, note })),
  ];
  return all.sort((one, other) => one.at_ms - other.at_ms || ORDER[one.what] - ORDER[other.what]);
}
