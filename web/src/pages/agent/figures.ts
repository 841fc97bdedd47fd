// The own day up to now: what the server has counted, and the state that runs on since.

import type { AgentState, FiguresEntry } from "../../types.ts";

type Time = "talk_ms" | "wrap_up_ms" | "ready_ms" | "not_ready_ms";

const TIMES: Partial<Record<AgentState, Time>> = {
  ready: "ready_ms",
  talking: "talk_ms",
  wrap_up: "wrap_up_ms",
  not_ready: "not_ready_ms",
};

/** Occupancy: handling time ÷ (handling + ready time); null where there was neither. */
export function figuresAt(figures: FiguresEntry, state: AgentState, nowMs: number): FiguresEntry {
  const time = TIMES[state];
  const since = Math.max(0, nowMs - figures.upto_ms);
  const present = time && figures.upto_ms > 0 ? { ...figures, [time]: figures[time] + since } : figures;
  const handled = present.talk_ms + present.wrap_up_ms;
  const of = handled + present.ready_ms;
  return { ...present, occupancy: of > 0 ? handled / of : null };
}
