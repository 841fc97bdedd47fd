// What is heard: a soft ring while an offer is there, a chime for an urgent message. Made here, not played from a file.
//
// The one idea: browsers let a page sound only after its user has done something in it. Until then the context is
// suspended, `isBlocked` says so, and the first key or click sets it free.

import { signal } from "@preact/signals";
import { isBoolean, isShare, remembered } from "../../prefs.ts";

export const volume = remembered("ring.volume", 0.5, isShare);
export const muted = remembered("ring.muted", false, isBoolean);
/** The browser keeps the page silent until its user does something in it. */
export const isBlocked = signal(false);

const RING_EVERY_MS = 2_400;
const RING: readonly Tone[] = [
  { hertz: 587.3, atS: 0, forS: 0.32 },
  { hertz: 783.99, atS: 0.16, forS: 0.42 },
  { hertz: 587.3, atS: 0.62, forS: 0.32 },
  { hertz: 783.99, atS: 0.78, forS: 0.52 },
];
const CHIME: readonly Tone[] = [
  { hertz: 880, atS: 0, forS: 0.25 },
  { hertz: 659.26, atS: 0.18, forS: 0.45 },
];

interface Tone {
  readonly hertz: number;
  readonly atS: number;
  readonly forS: number;
}

let context: AudioContext | null = null;

function opened(): AudioContext | null {
  if (context === null && typeof AudioContext !== "undefined") {
    context = new AudioContext();
    context.onstatechange = look;
    for (const sign of ["pointerdown", "keydown"])
      addEventListener(sign, () => void context?.resume(), { capture: true });
    look();
  }
  return context;
}

function look(): void {
  isBlocked.value = context?.state === "suspended";
}

function play(tones: readonly Tone[]): void {
  const audio = opened();
  if (audio === null || muted.peek() || audio.state !== "running") return;
  for (const tone of tones) {
    const starts = audio.currentTime + tone.atS;
    const oscillator = audio.createOscillator();
    const loudness = audio.createGain();
    oscillator.type = "sine";
    oscillator.frequency.value = tone.hertz;
    loudness.gain.setValueAtTime(0.0001, starts);
    loudness.gain.exponentialRampToValueAtTime(Math.max(0.0002, volume.peek() * 0.5), starts + 0.03);
    loudness.gain.exponentialRampToValueAtTime(0.0001, starts + tone.forS);
    oscillator.connect(loudness).connect(audio.destination);
    oscillator.start(starts);
    oscillator.stop(starts + tone.forS + 0.05);
  }
}

/** Ring until the answer is called. */
export function ring(): () => void {
  play(RING);
  const timer = setInterval(() => play(RING), RING_EVERY_MS);
  return () => clearInterval(timer);
}

export const chime = (): void => play(CHIME);

/** For the user to hear how loud it is. */
export function tryIt(): void {
  void opened()
    ?.resume()
    .then(() => play(RING));
}

/** Make ready to sound; called when the page opens, so that the first ring is not late. */
export const prepareSound = (): void => void opened();
