// The page's words, in the user's language: t("agent.ready"), t("floor.waiting", { count: 3 }).
//
// The one idea: a language is one file in src/locales, and nothing else in the source names it. The words in use are a
// signal, so a component that calls t() while it draws is drawn again when the language changes.

import { computed, effect, signal } from "@preact/signals";
import en from "../locales/en.json";
import { language } from "../prefs.ts";
import { type Catalog, chooseLanguage, fill, type Parameters, pluralOf } from "./choose.ts";

export type Key = keyof typeof en;

const FALLBACK = "en";
const loaders = import.meta.glob<Catalog>("../locales/*.json", { import: "default" });

/** The tags of all languages that there is a file for, sorted. */
export const languages: readonly string[] = Object.keys(loaders).map(tagOf).sort();

function tagOf(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.json$/, "");
}

interface Words {
  readonly tag: string;
  readonly catalog: Catalog;
}

const words = signal<Words>({ tag: FALLBACK, catalog: en });

/** The tag of the language that the page is in. */
export const locale = computed(() => words.value.tag);

const wanted = computed(() =>
  chooseLanguage(language.value ? [language.value] : navigator.languages, languages, FALLBACK),
);

/** Resolves when the first language is there, so that the page is never seen in another one. */
export const ready: Promise<void> = new Promise((resolve) => {
  effect(() => {
    const tag = wanted.value;
    load(tag)
      .then((catalog) => {
        if (tag !== wanted.peek()) return;
        words.value = { tag, catalog };
        document.documentElement.lang = tag;
      })
      .catch(() => undefined) // the file could not be fetched: the words in use stay
      .finally(resolve);
  });
});

async function load(tag: string): Promise<Catalog> {
  if (tag === FALLBACK) return en;
  const found = Object.entries(loaders).find(([path]) => tagOf(path) === tag);
  return found ? await found[1]() : en;
}

/** The tag by which numbers and dates are written: the browser's own where it is of the same language ("en-GB"). */
export const region = computed(
  () => navigator.languages.find((tag) => chooseLanguage([tag], [locale.value], "") !== "") ?? locale.value,
);

const rules = computed(() => new Intl.PluralRules(locale.value));
const numbers = computed(() => new Intl.NumberFormat(region.value));

/** The text of a key, with its {places} filled. `count` chooses the plural. */
export function t(key: Key, parameters: Parameters = {}): string {
  const entry = words.value.catalog[key] ?? en[key];
  const count = parameters["count"];
  const text = pluralOf(entry, typeof count === "number" ? count : undefined, rules.value);
  return fill(text, parameters, (value) => numbers.value.format(value));
}

/** A language's name in itself, such as "简体中文". */
export function languageName(tag: string): string {
  const { language: code, script } = new Intl.Locale(tag).maximize();
  const shown = script === undefined || script === "Latn" ? code : `${code}-${script}`;
  const name = new Intl.DisplayNames(tag, { type: "language" }).of(shown) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}
