// The server's clock, and the one beat that every running timer on the page follows.
//
// The one idea: the offset is the largest one seen lately, for a message on its way can only make the server's time
// look too early. While the page is not live its clock stands still, so nothing that is old seems to run on.

import { type ReadonlySignal, signal } from "@preact/signals";

const REMEMBERED = 12; // messages, a minute of ticks

export class ServerClock {
  readonly #offsets: number[] = [];
  readonly #now = signal(Date.now());
  readonly #heardAt = signal(Date.now());
  #offset = 0;

  /** The server's time, in ms; moves a few times a second while the page is live. */
  get now(): ReadonlySignal<number> {
    return this.#now;
  }

  /** The server's time of the last message. */
  get heardAt(): ReadonlySignal<number> {
    return this.#heardAt;
  }

  heard(serverMs: number, localMs = Date.now()): void {
    this.#offsets.push(serverMs - localMs);
    if (this.#offsets.length > REMEMBERED) this.#offsets.shift();
    this.#offset = Math.max(...this.#offsets);
    this.#heardAt.value = serverMs;
    this.beat(localMs);
  }

  beat(localMs = Date.now()): void {
    this.#now.value = localMs + this.#offset;
  }

  /** The local clock has been set: what was learned of it is void. */
  forget(): void {
    this.#offsets.length = 0;
  }
}
