// What a report's address says, and what the API is asked for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, choiceOf, dayAfter, queryOf, today } from "../src/pages/reports/choice.ts";

const NOW = "2026-11-02";
const read = (text: string) => choiceOf(new URLSearchParams(text), NOW);

test("an address that says nothing is the queues of today, and today says nothing", () => {
  const { kind, from, to, by, groups } = read("");
  assert.deepEqual([kind, from, to, by, groups], ["queues", NOW, NOW, "", ["queue"]]);
  assert.equal(addressOf(read(""), NOW), "/reports");
  assert.equal(addressOf(read(`from=${NOW}&to=${NOW}&group=queue&formula=of_offered_without_short`), NOW), "/reports");
  assert.match(today(new Date(2026, 0, 9, 23, 59)), /^2026-01-09$/);
});

test("what an address says is what its choice's address says", () => {
  for (const text of [
    "report=agents&from=2026-10-01&to=2026-10-31&by=week&group=agent,queue",
    "group=none&formula=of_answered",
    "report=customers&from=2026-10-01&to=2026-10-31&within_days=3",
    "report=dispositions&group=tier,disposition&columns=all",
  ]) {
    assert.equal(addressOf(read(text), NOW), `/reports?${text}`);
  }
});

test("what makes no sense in an address is what is usual", () => {
  const choice = read("report=calls&from=yesterday&to=2026-11-99x&by=year&group=agent,colour&formula=best");
  assert.deepEqual(choice, { ...read(""), groups: [] });
  assert.deepEqual(read("report=dispositions&group=none").groups, ["disposition"]);
  assert.equal(read("to=2026-10-05").from, "2026-10-05");
  assert.equal(read("from=2026-12-05").to, "2026-12-05");
});

test("the API is asked up to the first day that is not in the report", () => {
  assert.equal(queryOf(read("from=2026-10-01&to=2026-10-31"))["to"], "2026-11-01");
  assert.deepEqual(["2026-12-31", "2028-02-28", "2026-03-28", "2026-13-01"].map(dayAfter), [
    "2027-01-01",
    "2028-02-29",
    "2026-03-29",
    "2026-13-01",
  ]);
  assert.equal(queryOf(read("group=none"))["group"], "none");
  assert.equal(queryOf(read("report=agents&formula=of_answered"))["formula"], null);
});
