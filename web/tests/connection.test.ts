import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, SILENCE_MS, type Socket } from "../src/live/connection.ts";
import { Store } from "../src/live/store.ts";

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly said: unknown[] = [];
  closed = false;

  send(text: string): void {
    this.said.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  hear(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

function stage() {
  const sockets: FakeSocket[] = [];
  const store = new Store();
  const at = { ms: 0 };
  const times: number[] = [];
  const connection = new Connection(store, {
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    monotonicMs: () => at.ms,
    random: () => 0.5,
    heardTime: (ms) => times.push(ms),
  });
  const last = (): FakeSocket => {
    const socket = sockets.at(-1);
    assert.ok(socket);
    return socket;
  };
  const live = (): FakeSocket => {
    connection.subscribe(["self"]);
    last().onopen?.();
    last().hear({ type: "snapshot", stream: "s", sequence: 7, now_ms: 1_000, entries: { device: "free" } });
    return last();
  };
  return { sockets, store, at, times, connection, last, live };
}

test("it subscribes, takes the snapshot and follows the deltas", () => {
  const { connection, store, times, live } = stage();
  const socket = live();
  assert.deepEqual(socket.said, [{ subscribe: ["self"], resume: null }]);
  assert.equal(connection.link.value, "live");
  socket.hear({ type: "delta", sequence: 8, now_ms: 2_000, set: { device: "ringing" }, gone: [] });
  socket.hear({ type: "tick", sequence: 8, now_ms: 3_000 });
  assert.equal(store.entry("device").value, "ringing");
  assert.deepEqual(times, [1_000, 2_000, 3_000]);
});

test("a gap ends live at once, and the next connection resumes after what is known", () => {
  const { connection, store, at, last, live, sockets } = stage();
  const socket = live();
  socket.hear({ type: "delta", sequence: 9, now_ms: 2_000, set: { device: "in_use" }, gone: [] });
  assert.equal(store.entry("device").value, "free", "what follows a gap is not shown");
  assert.equal(connection.link.value, "lost");
  assert.ok(socket.closed);
  at.ms += 500;
  connection.watch();
  assert.equal(sockets.length, 2);
  assert.equal(connection.link.value, "lost", "a connection that has said nothing is not live");
  last().onopen?.();
  assert.deepEqual(last().said, [{ subscribe: ["self"], resume: { stream: "s", sequence: 7 } }]);
  last().hear({ type: "delta", sequence: 8, now_ms: 3_000, set: { device: "ringing" }, gone: [] });
  assert.equal(connection.link.value, "live");
  assert.equal(store.entry("device").value, "ringing");
});

test("a tick with a number that was not heard is a gap too", () => {
  const { connection, live } = stage();
  live().hear({ type: "tick", sequence: 8, now_ms: 2_000 });
  assert.equal(connection.link.value, "lost");
});

test("three missed ticks are a lost connection", () => {
  const { connection, at, live } = stage();
  const socket = live();
  at.ms = SILENCE_MS;
  connection.watch();
  assert.equal(connection.link.value, "live");
  at.ms += 1;
  connection.watch();
  assert.equal(connection.link.value, "lost");
  assert.ok(socket.closed);
});

test("attempts come at longer intervals, up to a bound, and at once after a success", () => {
  const { connection, at, last, live } = stage();
  live();
  const waits: number[] = [];
  last().onclose?.({ code: 1006 });
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const next = connection.retryAt.value;
    assert.ok(next !== null);
    waits.push(next - at.ms);
    at.ms = next;
    connection.watch();
    last().onclose?.({ code: 1006 });
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  connection.connect();
  last().onopen?.();
  last().hear({ type: "tick", sequence: 7, now_ms: 1 });
  last().onclose?.({ code: 1006 });
  assert.equal((connection.retryAt.value ?? 0) - at.ms, 500);
});

test("where all places are taken it waits for a minute", () => {
  const { connection, at, live } = stage();
  live().onclose?.({ code: 1013 });
  assert.equal((connection.retryAt.value ?? 0) - at.ms, 60_000);
});

test("signed out, or open elsewhere: it does not come back by itself", () => {
  for (const [code, link] of [
    [4400, "outdated"],
    [4401, "signed_out"],
    [4403, "refused"],
    [4409, "elsewhere"],
  ] as const) {
    const { connection, at, live, sockets } = stage();
    live().onclose?.({ code });
    assert.equal(connection.link.value, link);
    at.ms += 100_000;
    connection.watch();
    assert.equal(sockets.length, 1);
    connection.connect();
    assert.equal(sockets.length, 2);
  }
});

test("another subscription is asked for on the same socket, and never resumed from the old one", () => {
  const { connection, last, live, sockets } = stage();
  const socket = live();
  connection.subscribe(["floor", "self"]);
  assert.deepEqual(socket.said.at(-1), { subscribe: ["floor", "self"], resume: null });
  socket.onclose?.({ code: 1006 });
  connection.connect();
  last().onopen?.();
  assert.deepEqual(last().said, [{ subscribe: ["floor", "self"], resume: null }]);
  assert.equal(sockets.length, 2);
});

test("after stop nothing of the last user is left, and what the old socket still says is not heard", () => {
  const { connection, store, live } = stage();
  const socket = live();
  connection.stop();
  socket.hear({ type: "delta", sequence: 8, now_ms: 2_000, set: { device: "in_use" }, gone: [] });
  assert.equal(store.entry("device").value, undefined);
  assert.equal(connection.link.value, "idle");
});

test("a message of a kind that is not known does no harm", () => {
  const { connection, store, live } = stage();
  const socket = live();
  socket.hear({ type: "news", sequence: 99 });
  socket.hear({ type: "delta", sequence: 8, now_ms: 2_000, set: { device: "in_use" }, gone: [] });
  assert.equal(store.entry("device").value, "in_use");
  assert.equal(connection.link.value, "live");
});
