// Who is calling, in a few words: the one customer of the number, else the name that the network sent, else neither.

import { t } from "../../i18n/index.ts";
import type { PopEntry, TalkEntry } from "../../types.ts";
import { callerWords, tierWords } from "../../words.ts";

export function titleOf(pop: PopEntry): string {
  const [only, ...others] = pop.customers;
  if (only && others.length === 0) return only.name;
  if (pop.caller_name) return pop.caller_name;
  return pop.caller ? t("agent.unknown_caller") : t("contact.withheld");
}

/** Under the title: the number, and the name that the network sent where it is another one. */
export function subtitleOf(pop: PopEntry): readonly string[] {
  const title = titleOf(pop);
  const said = pop.caller_name && pop.caller_name !== title ? t("agent.calls_as", { name: pop.caller_name }) : "";
  return [callerWords(pop.caller), said].filter((part) => part !== "" && part !== title);
}

/** What a screen reader, or a notification, says of an offer. */
export function spoken(pop: PopEntry, queue: string): string {
  return t("agent.offer_spoken", { tier: tierWords(pop.tier), name: titleOf(pop), queue, because: pop.because });
}

export const numberOf = (talk: TalkEntry): string => callerWords(talk.number);
