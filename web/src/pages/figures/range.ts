// Which days an agent's own figures are of.

import type { Query } from "../../api.ts";
import { dayAfter, today } from "../reports/choice.ts";

export type Range = "today" | "week";

const DAY_MS = 86_400_000;

/** The Monday of a date's week. */
export function mondayOf(day: string): string {
  const ms = Date.parse(`${day}T00:00:00Z`);
  const since = (new Date(ms).getUTCDay() + 6) % 7;
  return new Date(ms - since * DAY_MS).toISOString().slice(0, 10);
}

/** What the API is asked for: of whoever asks and nobody else, a row for each hour or day. */
export function queryOf(range: Range, now: string = today()): Query {
  return {
    own: true,
    from: range === "week" ? mondayOf(now) : now,
    to: dayAfter(now),
    by: range === "week" ? "day" : "60m",
    group: "none",
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
