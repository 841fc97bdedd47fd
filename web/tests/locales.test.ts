// Every text is in every language, fits its place, and is used.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Catalog, Entry } from "../src/i18n/choose.ts";

const SRC = join(import.meta.dirname, "..", "src");
const FOLDER = join(SRC, "locales");
const read = (file: string): Catalog => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Catalog;
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const english = read("en.json");
const keys = Object.keys(english);

const placesOf = (entry: Entry): readonly string[] => {
  const texts = typeof entry === "string" ? [entry] : Object.values(entry);
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "")))].sort();
};

test("each language has the keys of English and no others, sorted", () => {
  for (const file of files) assert.deepEqual(Object.keys(read(file)), [...keys].sort(), file);
});

test("each translation has the places of the English text", () => {
  for (const file of files) {
    for (const [key, entry] of Object.entries(read(file))) {
      assert.deepEqual(placesOf(entry), placesOf(english[key] ?? ""), `${file}: ${key}`);
    }
  }
});

test("what has a plural has each plural of its language, and an English plural one in every language", () => {
  for (const file of files) {
    const categories = new Intl.PluralRules(file.replace(".json", "")).resolvedOptions().pluralCategories;
    for (const [key, entry] of Object.entries(read(file))) {
      assert.equal(typeof entry, typeof english[key], `${file}: ${key}`);
      if (typeof entry !== "string")
        assert.deepEqual(Object.keys(entry).sort(), [...categories].sort(), `${file}: ${key}`);
    }
  }
});

test("no text is empty or only English", () => {
  const alike = new Set<string>();
  for (const file of files.filter((name) => name !== "en.json")) {
    for (const [key, entry] of Object.entries(read(file))) {
      const text = typeof entry === "string" ? entry : Object.values(entry).join("");
      assert.notEqual(text.trim(), "", `${file}: ${key}`);
      if (typeof entry === "string" && entry === english[key] && /[a-z]{3}/.test(entry)) alike.add(`${file}: ${key}`);
    }
  }
  assert.deepEqual([...alike], [], "these are still English");
});

test("each key is used in the source", () => {
  const source = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(SRC, name), "utf8"))
    .join("\n");
  assert.deepEqual(
    keys.filter((key) => !source.includes(`"${key}"`)),
    [],
  );
});
