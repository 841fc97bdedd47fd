// The rest of what is pure: addresses, keys, the server's clock, scripts, days.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../src/live/clock.ts";
import { dayAfter } from "../src/pages/agent/days.ts";
import { figuresAt } from "../src/pages/agent/figures.ts";
import { webLink } from "../src/pages/agent/links.ts";
import { pathOf, stepOf } from "../src/pages/agent/script.ts";
import { match } from "../src/router.ts";
import { keyOf } from "../src/shortcuts.ts";

test("a path fits its pattern, part by part", () => {
  assert.deepEqual(match("/contacts/:id", "/contacts/main%2F17.4"), { id: "main/17.4" });
  assert.deepEqual(match("/admin", "/admin/"), {});
  assert.equal(match("/contacts/:id", "/contacts"), null);
  assert.equal(match("/contacts/:id", "/contacts/%"), null);
  assert.equal(match("/floor", "/wall"), null);
});

const pressed = (key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key, code: `Key${key.toUpperCase()}`, ctrlKey: false, metaKey: false, altKey: false, ...more }) as KeyboardEvent;

test("single keys count where nobody types, Alt and the key everywhere", () => {
  assert.equal(keyOf(pressed("h"), false, true), "h");
  assert.equal(keyOf(pressed("h"), true, true), null);
  assert.equal(keyOf(pressed("h"), false, false), null, "switched off");
  assert.equal(
    keyOf(pressed("˙", { code: "KeyH", altKey: true }), true, false),
    "h",
    "Alt writes something else on a Mac",
  );
  assert.equal(keyOf(pressed("1", { code: "Digit1", altKey: true }), true, true), "1");
  assert.equal(keyOf(pressed("c", { ctrlKey: true }), false, true), null, "the browser's own");
  assert.equal(keyOf(pressed("a", { isComposing: true }), false, true), null);
  assert.equal(keyOf(pressed("?"), false, true), "?");
});

test("the server's clock follows the message that travelled fastest", () => {
  const clock = new ServerClock();
  clock.heard(10_000, 1_000); // 9,000 ahead
  clock.heard(10_950, 2_000); // 50 ms slower on its way
  assert.equal(clock.now.value, 11_000);
  assert.equal(clock.heardAt.value, 10_950);
  clock.beat(3_000);
  assert.equal(clock.now.value, 12_000);
  for (let tick = 0; tick < 12; tick += 1) clock.heard(20_000 + tick, 12_000 + tick);
  assert.equal(clock.now.value, 20_011, "an old offset is forgotten");
});

test("the day's figures run on in the present state, and the occupancy with them", () => {
  const counted = {
    upto_ms: 100_000,
    answered: 1,
    missed: 0,
    talk_ms: 30_000,
    wrap_up_ms: 10_000,
    ready_ms: 40_000,
    not_ready_ms: 5_000,
    occupancy: 0.5,
    signed_in_ms: 85_000,
  };
  assert.deepEqual(figuresAt(counted, "talking", 140_000), { ...counted, talk_ms: 70_000, occupancy: 80 / 120 });
  assert.deepEqual(figuresAt(counted, "reserved", 140_000), counted);
  assert.deepEqual(figuresAt(counted, "ready", 90_000), counted, "never backwards");
  assert.equal(figuresAt({ ...counted, talk_ms: 0, wrap_up_ms: 0, ready_ms: 0 }, "not_ready", 0).occupancy, null);
});

const script = {
  name: "renewal",
  title: "Renewal",
  steps: [
    { name: "greet", text: "Hello", choices: [{ label: "Yes", to: "renew" }] },
    { name: "renew", text: "Renew?", choices: [] },
  ],
};

test("a script goes on where it was left, and begins anew where it has changed meanwhile", () => {
  assert.deepEqual(pathOf(script, []), ["greet"]);
  assert.deepEqual(pathOf(script, ["greet", "renew"]), ["greet", "renew"]);
  assert.deepEqual(pathOf(script, ["greet", "gone"]), ["greet"]);
  assert.deepEqual(pathOf(script, ["old-start", "renew"]), ["greet"]);
  assert.deepEqual(pathOf(script, ["greet", "greet"]), ["greet"], "no choice leads there");
  assert.equal(stepOf(script, ["greet", "renew"])?.text, "Renew?");
  assert.deepEqual(pathOf({ ...script, steps: [] }, []), []);
});

test("days are the calendar's", () => {
  const newYear = new Date(2026, 11, 31, 23, 30).getTime();
  assert.equal(dayAfter(newYear, 0), "2026-12-31");
  assert.equal(dayAfter(newYear, 1), "2027-01-01");
  assert.equal(dayAfter(newYear, 7), "2027-01-07");
});

test("only the web's addresses become links", () => {
  assert.equal(webLink("https://crm.example.com/a?b=1"), "https://crm.example.com/a?b=1");
  for (const bad of ["javascript:alert(1)", "data:text/html,x", "/relative", "", null, undefined, "ftp://x"]) {
    assert.equal(webLink(bad), null, String(bad));
  }
});
