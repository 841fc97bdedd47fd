// Which days an agent's own figures are of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mondayOf, queryOf } from "../src/pages/figures/range.ts";

test("a week begins on its Monday, over the ends of months and years too", () => {
  assert.deepEqual(["2026-11-02", "2026-11-08", "2026-03-01", "2027-01-01"].map(mondayOf), [
    "2026-11-02",
    "2026-11-02",
    "2026-02-23",
    "2026-12-28",
  ]);
});

test("an agent asks for its own figures, up to the end of today", () => {
  const { zone, ...day } = queryOf("today", "2026-11-04");
  assert.ok(zone);
  assert.deepEqual(day, { own: true, from: "2026-11-04", to: "2026-11-05", by: "60m", group: "none" });
  const week = queryOf("week", "2026-11-04");
  assert.deepEqual([week["from"], week["to"], week["by"]], ["2026-11-02", "2026-11-05", "day"]);
});
