// Which report is looked at: in the address, in the form, and in the words of the API.
//
// The one idea: the address carries what differs from the usual and nothing else, so that a bookmark without dates is
// the report of today on every day.

import type { Query } from "../../api.ts";

export const KINDS = ["queues", "agents", "dispositions", "customers"] as const;
export const GROUPS = ["queue", "tier", "entry", "agent", "disposition"] as const;
export const INTERVALS = ["15m", "30m", "60m", "day", "week", "month"] as const;
export const FORMULAS = [
  "of_offered_without_short",
  "of_offered",
  "of_answered",
  "abandoned_in_time_as_met",
  "of_offered_with_overflowed",
  "with_overflowed",
  "abandoned_in_time_as_met_with_overflowed",
] as const;

export type ReportKind = (typeof KINDS)[number];
export type Group = (typeof GROUPS)[number];
export type Interval = (typeof INTERVALS)[number];
export type Formula = (typeof FORMULAS)[number];

interface Grouping {
  readonly possible: readonly Group[];
  readonly usual: readonly Group[];
  readonly always: readonly Group[];
}

export const GROUPING: Readonly<Record<ReportKind, Grouping>> = {
  queues: { possible: ["queue", "tier", "entry"], usual: ["queue"], always: [] },
  agents: { possible: ["agent", "queue"], usual: ["agent"], always: [] },
  dispositions: { possible: GROUPS, usual: ["disposition"], always: ["disposition"] },
  customers: { possible: GROUPS, usual: [], always: [] },
};

const NO_GROUP = "none";
const USUAL_FORMULA = FORMULAS[0];
const USUAL_DAYS = "7";

export interface Choice {
  readonly kind: ReportKind;
  /** Dates such as 2026-11-01, the last one in the report too. */
  readonly from: string;
  readonly to: string;
  /** "": the whole range is one interval. */
  readonly by: Interval | "";
  readonly groups: readonly Group[];
  readonly formula: Formula;
  readonly withinDays: string;
  readonly allColumns: boolean;
}

/** The date on this browser's clock. */
export function today(at: Date = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

const oneOf = <T extends string>(words: readonly T[], word: string | null): T | undefined =>
  words.find((one) => one === word);

/** Those of the groups that the kind can have, and those that it always has, in the order of its columns. */
export const groupsOf = (kind: ReportKind, wanted: readonly string[]): readonly Group[] =>
  GROUPING[kind].possible.filter((group) => wanted.includes(group) || GROUPING[kind].always.includes(group));

const isDate = (text: string | null): text is string => text !== null && /^\d{4}-\d\d-\d\d$/.test(text);

/** What an address says. What makes no sense in it is what is usual. */
export function choiceOf(query: URLSearchParams, now: string = today()): Choice {
  const kind = oneOf(KINDS, query.get("report")) ?? "queues";
  const group = query.get("group");
  const [from, to] = [query.get("from"), query.get("to")];
  const began = isDate(from) ? from : isDate(to) && to < now ? to : now;
  return {
    kind,
    from: began,
    to: isDate(to) ? to : began > now ? began : now,
    by: oneOf(INTERVALS, query.get("by")) ?? "",
    groups: groupsOf(kind, group === null ? GROUPING[kind].usual : group.split(",")),
    formula: oneOf(FORMULAS, query.get("formula")) ?? USUAL_FORMULA,
    withinDays: query.get("within_days") ?? USUAL_DAYS,
    allColumns: query.get("columns") === "all",
  };
}

const groupWords = ({ groups }: Choice): string => groups.join(",") || NO_GROUP;

/** The address of a choice. */
export function addressOf(choice: Choice, now: string = today()): string {
  const said = new URLSearchParams();
  const { kind } = choice;
  if (kind !== "queues") said.set("report", kind);
  if (choice.from !== now || choice.to !== now) {
    said.set("from", choice.from);
    said.set("to", choice.to);
  }
  if (choice.by) said.set("by", choice.by);
  if (choice.groups.join() !== GROUPING[kind].usual.join()) said.set("group", groupWords(choice));
  if (kind === "queues" && choice.formula !== USUAL_FORMULA) said.set("formula", choice.formula);
  if (kind === "customers" && choice.withinDays !== USUAL_DAYS) said.set("within_days", choice.withinDays);
  if (choice.allColumns) said.set("columns", "all");
  const text = said.toString().replaceAll("%2C", ",");
  return text ? `/reports?${text}` : "/reports";
}

/** The date after a date; what is none stays, for the server to say so. */
export function dayAfter(day: string): string {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(ms) ? day : new Date(ms + 86_400_000).toISOString().slice(0, 10);
}

/** The same for the API, whose `to` is the first day that is not in the report. */
export const queryOf = (choice: Choice): Query => ({
  from: choice.from,
  to: dayAfter(choice.to),
  by: choice.by,
  group: groupWords(choice),
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  formula: choice.kind === "queues" ? choice.formula : null,
  within_days: choice.kind === "customers" ? choice.withinDays : null,
});
