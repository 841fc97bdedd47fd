// Stretches of time, as clocks write them in every language.

/** 7 s → 0:07, 3700 s → 1:01:40. Never below zero; parts of a second that have not passed do not count. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** What is left until a moment: a second that has begun counts, so it ends with 0:00. */
export const left = (ms: number): string => duration(ms + 999);

/** For screen readers and <time>: an ISO 8601 duration. */
export const isoDuration = (ms: number): string => `PT${Math.max(0, Math.floor(ms / 1000))}S`;
