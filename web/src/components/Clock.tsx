// Running times and moments. They follow the server's clock and stand still while the page is not live.
//
// The one idea: a running time is a computed text, so the beat of the clock touches the page only where a text differs.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { duration, isoDuration, left } from "../i18n/duration.ts";
import { fullMoment, recently, time, timeWithSeconds } from "../i18n/format.ts";
import { now } from "../live/index.ts";

/** Keep a prop in a signal, so that what is computed from it follows. */
function useKept<T>(value: T) {
  const kept = useSignal(value);
  kept.value = value;
  return kept;
}

/** How long it is since a moment: 0:07, runs on. `soonMs`: its tone is "warn" from there on. */
export function Elapsed({ since, class: name = "" }: { readonly since: number; readonly class?: string }) {
  const start = useKept(since);
  const text = useComputed(() => duration(now.value - start.value));
  return (
    <span class={`timer ${name}`} role="timer">
      {text}
    </span>
  );
}

/** How long it is until a moment: 0:07, runs down to 0:00. */
export function Countdown({ until, class: name = "" }: { readonly until: number; readonly class?: string }) {
  const end = useKept(until);
  const text = useComputed(() => left(end.value - now.value));
  return (
    <span class={`timer ${name}`} role="timer">
      {text}
    </span>
  );
}

/** A stretch of time that is over. */
export function Duration({ ms, class: name = "" }: { readonly ms: number; readonly class?: string }) {
  return (
    <time class={`number ${name}`} dateTime={isoDuration(ms)}>
      {duration(ms)}
    </time>
  );
}

/** A moment: its time, with the day where it is not today; all of it in the tooltip. */
export function Moment({ ms, seconds = false }: { readonly ms: number; readonly seconds?: boolean }) {
  const text = seconds ? timeWithSeconds(ms) : recently(ms, now.peek());
  return (
    <time class="number" dateTime={new Date(ms).toISOString()} title={fullMoment(ms)}>
      {text}
    </time>
  );
}

/** The present time of day, as the server has it. */
export function TimeOfDay() {
  const text = useComputed(() => time(now.value));
  return <span class="timer">{text}</span>;
}

/** A bar that empties from `from` to `until`. */
export function Draining({
  from,
  until,
  tone,
}: {
  readonly from: number;
  readonly until: number;
  readonly tone: string;
}) {
  const start = useKept(from);
  const end = useKept(until);
  const share = useSignal(1);
  useEffect(
    () =>
      now.subscribe((at) => {
        const whole = Math.max(1, end.peek() - start.peek());
        share.value = Math.max(0, Math.min(1, (end.peek() - at) / whole));
      }),
    [],
  );
  return <Meter share={share.value} tone={tone} />;
}

/** A bar that is filled to `share` (0 to 1). The number stands beside it in words. */
export function Meter({ share, tone = "accent" }: { readonly share: number; readonly tone?: string }) {
  return (
    <div class="meter" data-tone={tone} aria-hidden="true">
      <span style={{ transform: `scaleX(${Math.max(0, Math.min(1, share))})` }} />
    </div>
  );
}
