import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLanguage, fill, pluralOf } from "../src/i18n/choose.ts";
import { duration, isoDuration, left } from "../src/i18n/duration.ts";
import { readable } from "../src/i18n/names.ts";

const plain = String;

test("the browser's first wish that we have is taken, exactly or by its language", () => {
  const have = ["en", "zh-CN"];
  assert.equal(chooseLanguage(["zh-cn", "en"], ["en", "zh-TW", "zh-CN"], "en"), "zh-CN");
  assert.equal(chooseLanguage(["fr", "zh-TW", "en"], have, "en"), "zh-CN");
  assert.equal(chooseLanguage(["en-GB"], have, "en"), "en");
  assert.equal(chooseLanguage(["fr"], have, "en"), "en");
  assert.equal(chooseLanguage([], have, "en"), "en");
});

test("places are filled, and one that lacks its parameter stays to be seen", () => {
  assert.equal(fill("{name} waits in {queue}", { name: "Dana" }, plain), "Dana waits in {queue}");
  assert.equal(
    fill("{count} of {count}", { count: 1200 }, (value) => value.toLocaleString("en")),
    "1,200 of 1,200",
  );
  assert.equal(fill("{name}", { name: "{queue} $& $1" }, plain), "{queue} $& $1");
});

test("the plural is the language's", () => {
  const entry = { one: "{count} contact", other: "{count} contacts" };
  const english = new Intl.PluralRules("en");
  assert.equal(pluralOf(entry, 1, english), entry.one);
  assert.equal(pluralOf(entry, 0, english), entry.other);
  assert.equal(pluralOf({ other: "{count} 个" }, 1, new Intl.PluralRules("zh-CN")), "{count} 个");
  assert.equal(pluralOf("always", 3, english), "always");
});

test("durations read like clocks", () => {
  assert.equal(duration(7_999), "0:07");
  assert.equal(duration(3_700_000), "1:01:40");
  assert.equal(duration(-5), "0:00");
  assert.equal(left(7_001), "0:08");
  assert.equal(left(0), "0:00");
  assert.equal(left(-3_000), "0:00");
  assert.equal(isoDuration(61_000), "PT61S");
});

test("an admin's names are made readable", () => {
  assert.equal(readable("quality_check"), "Quality check");
  assert.equal(readable("été-2026"), "Été 2026");
  assert.equal(readable(""), "");
});
