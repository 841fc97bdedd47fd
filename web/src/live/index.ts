// The page's one live connection: live.entry("state"), live.names("queue"), link, now.

import { computed, effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ServerClock } from "./clock.ts";
import { Connection, type Socket, type View } from "./connection.ts";
import { Store } from "./store.ts";

const BEAT_MS = 250;
const LINGER_MS = 20_000; // a view that nobody looks at any more is kept so long, for who comes back

export const store = new Store();
const beats = signal(0);
const clock = new ServerClock();
const connection = new Connection(store, {
  open: () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(`${scheme}//${location.host}/api/v1/live`) as Socket;
  },
  monotonicMs: () => performance.now(),
  random: Math.random,
  heardTime: (serverMs) => clock.heard(serverMs),
});

export const link = connection.link;
export const isLive = computed(() => link.value === "live");
/** The server's time; it stands still while the page is not live. */
export const now = clock.now;
/** The server's time of the last message: how old what is shown is. */
export const asOf = clock.heardAt;
/** Whole seconds until the next attempt to connect, null when none is due. */
export const retryIn = computed(() => {
  const at = connection.retryAt.value;
  void beats.value;
  return at === null ? null : Math.max(1, Math.ceil((at - performance.now()) / 1000));
});

/** Set the clock before the first message, from an answer of the API. */
export const heardTime = (serverMs: number): void => clock.heard(serverMs);
export const reconnect = (): void => connection.connect();

const wanted = new Map<View, number>();
let session = 0; // counts sign-outs: what lingers from before one wants nothing after it

/** Keep a view's entries coming while this component is on the page. */
export function useView(view: View): void {
  useEffect(() => {
    const of = session;
    want(view, 1);
    return () => {
      setTimeout(() => of === session && want(view, -1), LINGER_MS);
    };
  }, [view]);
}

function want(view: View, more: 1 | -1): void {
  wanted.set(view, Math.max(0, (wanted.get(view) ?? 0) + more));
  connection.subscribe([...wanted].filter(([, count]) => count > 0).map(([name]) => name));
}

/** Somebody has signed out: nothing of theirs stays. */
export function stop(): void {
  session += 1;
  wanted.clear();
  connection.stop();
}

let lastBeat = Date.now();

setInterval(() => {
  const local = Date.now();
  if (Math.abs(local - lastBeat - BEAT_MS) > 60_000) clock.forget(); // the machine slept, or its clock was set
  lastBeat = local;
  connection.watch();
  beats.value += 1;
  if (isLive.peek()) clock.beat(local);
}, BEAT_MS);

addEventListener("online", () => {
  if (link.peek() === "lost") connection.connect();
});

effect(() => {
  document.documentElement.dataset["link"] = link.value;
});
