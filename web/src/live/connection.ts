// One WebSocket to the server that comes back by itself, and never shows what is old as live.
//
// The one idea: everything that the page knows came as a snapshot and deltas in sequence. A gap, a silence of three
// ticks or a lost socket ends "live" at once; the connection is made anew, and asks for what it has missed (resume).
// Pure but for the doors that it is given, so that tests hand it sockets and time of their own.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Store } from "./store.ts";

export type View = "self" | "floor";

/**
 * live: what is shown holds now. connecting: nothing has come yet. lost: it does not hold any more; another attempt
 * follows. After the others no attempt is made until somebody asks for one: elsewhere is too many windows, outdated a
 * page that the server does not understand, refused a view that one may not see.
 */
export type Link = "idle" | "connecting" | "live" | "lost" | "signed_out" | "elsewhere" | "outdated" | "refused";

export const SILENCE_MS = 16_000; // three ticks of five seconds, and a little for the road
const BACK_OFF_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
const FULL_BACK_OFF_MS = 60_000;
const CLOSE_FULL = 1013;
const ENDS: Readonly<Record<number, Link>> = {
  4400: "outdated",
  4401: "signed_out",
  4403: "refused",
  4409: "elsewhere",
};

export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Doors {
  /** Opens the socket to the server. */
  readonly open: () => Socket;
  /** A clock that only goes forward, in ms. */
  readonly monotonicMs: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Called with the server's time of each message. */
  readonly heardTime: (serverMs: number) => void;
}

interface Message {
  readonly type: string;
  readonly stream?: string;
  readonly sequence?: number;
  readonly now_ms?: number;
  readonly entries?: Record<string, unknown>;
  readonly set?: Record<string, unknown>;
  readonly gone?: string[];
}

export class Connection {
  readonly #link = signal<Link>("idle");
  readonly #retryAt = signal<number | null>(null);
  readonly #store: Store;
  readonly #doors: Doors;
  #views: readonly View[] = [];
  #socket: Socket | null = null;
  #open = false;
  #stream: { id: string; views: string } | null = null;
  #sequence = 0;
  #heardAt = 0;
  #failures = 0;

  constructor(store: Store, doors: Doors) {
    this.#store = store;
    this.#doors = doors;
  }

  get link(): ReadonlySignal<Link> {
    return this.#link;
  }

  /** The monotonic time of the next attempt, while the link is lost. */
  get retryAt(): ReadonlySignal<number | null> {
    return this.#retryAt;
  }

  /** Which views the page wants from now on; none closes the connection. */
  subscribe(views: readonly View[]): void {
    const sorted = [...views].sort();
    if (sorted.join() === this.#views.join()) return;
    this.#views = sorted;
    if (sorted.length === 0) this.stop();
    else if (this.#socket === null) this.connect();
    else if (this.#open) this.#ask();
  }

  /** Make the connection now, such as after "elsewhere" or when the network is back. */
  connect(): void {
    if (this.#views.length === 0) return;
    this.#drop();
    this.#retryAt.value = null;
    this.#heardAt = this.#doors.monotonicMs();
    if (this.#link.value !== "lost") this.#link.value = "connecting";
    const socket = this.#doors.open();
    this.#socket = socket;
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#open = true;
      this.#ask();
    };
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#hear(JSON.parse(event.data) as Message);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    };
  }

  /** End it and forget what it brought: somebody has signed out. */
  stop(): void {
    this.#drop();
    this.#views = [];
    this.#stream = null;
    this.#retryAt.value = null;
    this.#failures = 0;
    this.#link.value = "idle";
    this.#store.replace({});
  }

  /** Look at the clock; called a few times a second. */
  watch(): void {
    const now = this.#doors.monotonicMs();
    if (this.#retryAt.value !== null) {
      if (now >= this.#retryAt.value) this.connect();
    } else if (this.#socket !== null && now - this.#heardAt > SILENCE_MS) {
      this.#lost(0);
    }
  }

  #ask(): void {
    const views = this.#views.join();
    const same = this.#stream !== null && this.#stream.views === views;
    const resume = same ? { stream: this.#stream?.id, sequence: this.#sequence } : null;
    this.#socket?.send(JSON.stringify({ subscribe: this.#views, resume }));
  }

  #hear(message: Message): void {
    this.#heardAt = this.#doors.monotonicMs();
    const sequence = message.sequence ?? 0;
    switch (message.type) {
      case "snapshot":
        this.#stream = { id: message.stream ?? "", views: this.#views.join() };
        this.#store.replace(message.entries ?? {});
        break;
      case "delta":
        if (sequence !== this.#sequence + 1) {
          this.#lost(0); // a gap: ask for what is missing
          return;
        }
        this.#store.change(message.set ?? {}, message.gone ?? []);
        break;
      case "tick":
        if (sequence !== this.#sequence) {
          this.#lost(0);
          return;
        }
        break;
      default:
        return; // a newer server's, none of ours
    }
    this.#sequence = sequence;
    if (message.now_ms !== undefined) this.#doors.heardTime(message.now_ms);
    this.#failures = 0;
    this.#link.value = "live";
  }

  #lost(code: number): void {
    this.#drop();
    const end = ENDS[code];
    if (end !== undefined) {
      this.#link.value = end;
      this.#retryAt.value = null;
      return;
    }
    this.#link.value = "lost";
    const usual = BACK_OFF_MS[Math.min(this.#failures, BACK_OFF_MS.length - 1)] ?? 0;
    const base = code === CLOSE_FULL ? FULL_BACK_OFF_MS : usual;
    this.#failures += 1;
    this.#retryAt.value = this.#doors.monotonicMs() + base * (0.5 + this.#doors.random()); // not all at once
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    socket?.close(); // what it still says is not heard: it is not the present one any more
  }
}
