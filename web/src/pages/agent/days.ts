// Days of the calendar as forms write them.

/** The day so many days after a moment, in this machine's time zone: "2026-03-01". */
export function dayAfter(ms: number, days: number): string {
  const moment = new Date(ms);
  const day = new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + days);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
