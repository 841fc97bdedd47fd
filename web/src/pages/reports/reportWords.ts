// What is in a report, in the user's words: its columns, the names of its groups, its intervals.

import { date, month, time } from "../../i18n/format.ts";
import { type Key, t } from "../../i18n/index.ts";
import { readable } from "../../i18n/names.ts";
import type { AgentState } from "../../types.ts";
import { dispositionWords, queueWords, reasonWords, stateWords, tierWords } from "../../words.ts";
import type { Formula, Group, Interval, ReportKind } from "./choice.ts";

export const KIND_WORDS: Record<ReportKind, Key> = {
  queues: "reports.queues",
  agents: "reports.agents",
  dispositions: "reports.dispositions",
  customers: "reports.customers",
};

export const GROUP_WORDS: Record<Group, Key> = {
  queue: "floor.queue",
  tier: "floor.tier",
  entry: "reports.entry",
  agent: "floor.agent",
  disposition: "story.disposition",
};

export const INTERVAL_WORDS: Record<Interval, Key> = {
  "15m": "reports.by_15m",
  "30m": "reports.by_30m",
  "60m": "reports.by_60m",
  day: "reports.by_day",
  week: "reports.by_week",
  month: "reports.by_month",
};

export const FORMULA_WORDS: Record<Formula, Key> = {
  of_offered_without_short: "reports.formula_of_offered_without_short",
  of_offered: "reports.formula_of_offered",
  of_answered: "reports.formula_of_answered",
  abandoned_in_time_as_met: "reports.formula_abandoned_in_time_as_met",
  of_offered_with_overflowed: "reports.formula_of_offered_with_overflowed",
  with_overflowed: "reports.formula_with_overflowed",
  abandoned_in_time_as_met_with_overflowed: "reports.formula_abandoned_in_time_as_met_with_overflowed",
};

const COLUMNS: Record<string, Key> = {
  offered: "reports.offered",
  answered: "reports.answered",
  abandoned: "reports.abandoned",
  short_abandoned: "reports.short_abandoned",
  overflowed: "reports.overflowed",
  others: "reports.others",
  waiting: "reports.waiting",
  service_level: "reports.service_level",
  asa_ms: "reports.asa",
  mean_abandon_wait_ms: "reports.abandon_wait",
  longest_wait_ms: "reports.longest_wait",
  parts: "reports.parts",
  aht_ms: "reports.aht",
  mean_talk_ms: "reports.talk",
  mean_hold_ms: "reports.hold",
  mean_wrap_up_ms: "reports.wrap_up",
  transfers: "reports.transfers",
  consults: "reports.consults",
  out_parts: "reports.out_parts",
  mean_out_ms: "reports.out",
  signed_in_ms: "reports.signed_in",
  occupancy: "reports.occupancy",
  offers: "reports.offers",
  accepted: "reports.accepted",
  declined: "reports.declined",
  expired: "reports.expired",
  withdrawn: "reports.withdrawn",
  failed: "reports.failed",
  mean_ring_ms: "reports.ring",
  contacts: "reports.contacts",
  resolved: "reports.resolved",
  first_contact_resolution: "reports.first_contact_resolution",
  repeated: "reports.repeated",
  repeat_share: "reports.repeat_share",
};

const STATES: readonly AgentState[] = ["not_ready", "ready", "reserved", "talking", "wrap_up"];
const LEVEL = "service_level_";

/** A column's heading, by its key. */
export function columnWords(key: string): string {
  const known = Object.hasOwn(COLUMNS, key) ? COLUMNS[key] : undefined;
  if (known !== undefined) return t(known);
  if (key.startsWith(LEVEL)) {
    const formula = FORMULA_WORDS[key.slice(LEVEL.length) as Formula] as Key | undefined;
    if (formula !== undefined) return `${t("reports.service_level")} · ${t(formula)}`;
  }
  const spent = /^time_(.+)_ms$/.exec(key)?.[1] ?? "";
  for (const state of STATES) {
    if (spent === state) return stateWords(state);
    if (spent.startsWith(`${state}_`)) return `${stateWords(state)} · ${reasonWords(spent.slice(state.length + 1))}`;
  }
  return readable(key);
}

const FURTHER = ["mean_abandon_wait_ms", "out_parts", "mean_out_ms", "time_reserved_ms", "mean_ring_ms"];

/** Whether a column is one of the few that everybody wants to see. */
export const isBrief = (kind: ReportKind, key: string): boolean =>
  !FURTHER.includes(key) &&
  !key.startsWith(LEVEL) &&
  !(kind === "queues" && key === "parts") &&
  !STATES.some((state) => key.startsWith(`time_${state}_`) && key !== `time_${state}_ms`);

/** What a row is of, as people call it. */
export function nameWords(group: Group, name: string | null): string {
  if (name === null) return t("reports.no_name");
  if (group === "queue") return queueWords(name);
  if (group === "tier") return tierWords(name);
  return group === "disposition" ? dispositionWords(name) : name;
}

/** An interval, by its first moment. `label` is the server's, which tells apart the hour that comes twice. */
export function intervalWords(by: Interval, fromMs: number, label: string): string {
  if (by === "week") return label;
  if (by === "month") return month(fromMs);
  if (by === "day") return date(fromMs);
  return / [+-]\d\d:\d\d$/.test(label) ? label : `${date(fromMs)} ${time(fromMs)}`;
}
