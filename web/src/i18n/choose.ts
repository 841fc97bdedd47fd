// Which language, which plural, which words: the pure part of the translations.

/** A text, or one text for each plural category of its language (Intl.PluralRules of `count`). */
export type Entry = string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
export type Catalog = Readonly<Record<string, Entry>>;
export type Parameters = Readonly<Record<string, string | number>>;

/** The first wish that we have: exactly ("zh-CN"), or another of the same language ("zh-TW", "zh"). */
export function chooseLanguage(wishes: readonly string[], available: readonly string[], fallback: string): string {
  for (const wish of wishes) {
    const exact = available.find((tag) => tag.toLowerCase() === wish.toLowerCase());
    if (exact !== undefined) return exact;
    const same = available.find((tag) => languageOf(tag) === languageOf(wish));
    if (same !== undefined) return same;
  }
  return fallback;
}

const languageOf = (tag: string): string => tag.split("-")[0]?.toLowerCase() ?? "";

/** Put `parameters` into the text's {places}. A place without a parameter stays as it is: it is seen and mended. */
export function fill(text: string, parameters: Parameters, number: (value: number) => string): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = parameters[name];
    if (value === undefined) return place;
    return typeof value === "number" ? number(value) : value;
  });
}

/** The plural of an entry that fits `count`. */
export function pluralOf(entry: Entry, count: number | undefined, rules: Intl.PluralRules): string {
  if (typeof entry === "string") return entry;
  return entry[rules.select(count ?? 0)] ?? entry.other ?? "";
}
