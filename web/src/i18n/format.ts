// Numbers, dates and durations as the user's language writes them.

import { computed } from "@preact/signals";
import { locale, region } from "./index.ts";

const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };

const formats = computed(() => ({
  number: new Intl.NumberFormat(region.value),
  percent: new Intl.NumberFormat(region.value, { style: "percent", maximumFractionDigits: 0 }),
  percentFine: new Intl.NumberFormat(region.value, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }),
  time: new Intl.DateTimeFormat(region.value, TIME),
  timeWithSeconds: new Intl.DateTimeFormat(region.value, { ...TIME, second: "2-digit" }),
  date: new Intl.DateTimeFormat(region.value, { dateStyle: "medium" }),
  month: new Intl.DateTimeFormat(region.value, { month: "long", year: "numeric" }),
  dayAndTime: new Intl.DateTimeFormat(region.value, { ...TIME, day: "numeric", month: "short" }),
  full: new Intl.DateTimeFormat(region.value, { dateStyle: "full", timeStyle: "medium" }),
  list: new Intl.ListFormat(region.value, { type: "conjunction" }),
  names: new Intl.Collator(region.value, { numeric: true, sensitivity: "base" }),
}));

export const number = (value: number): string => formats.value.number.format(value);
/** 0.87 → "87 %" as the language writes it. */
export const percent = (share: number): string => formats.value.percent.format(share);
/** 0.333 → "33.3 %", for figures that are compared. */
export const percentFine = (share: number): string => formats.value.percentFine.format(share);
export const time = (ms: number): string => formats.value.time.format(ms);
export const timeWithSeconds = (ms: number): string => formats.value.timeWithSeconds.format(ms);
export const date = (ms: number): string => formats.value.date.format(ms);
/** The month of a moment, with its year. */
export const month = (ms: number): string => formats.value.month.format(ms);
export const dayAndTime = (ms: number): string => formats.value.dayAndTime.format(ms);
export const fullMoment = (ms: number): string => formats.value.full.format(ms);
/** A day of the calendar, from "2026-03-01". */
export function day(iso: string): string {
  const ms = Date.parse(`${iso}T12:00:00`);
  return Number.isNaN(ms) ? iso : date(ms);
}
/** A language's name in the user's own, from a tag such as "en"; a CRM may call languages what it likes. */
export function languageIn(tag: string): string {
  try {
    return new Intl.DisplayNames(locale.value, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
export const list = (texts: readonly string[]): string => formats.value.list.format(texts);
/** Compare names as a reader of the language would sort them. */
export const compareNames = (one: string, other: string): number => formats.value.names.compare(one, other);

/** The moment's time alone if it is today, else with its day. */
export function recently(ms: number, nowMs: number): string {
  return new Date(ms).toDateString() === new Date(nowMs).toDateString() ? time(ms) : dayAndTime(ms);
}
