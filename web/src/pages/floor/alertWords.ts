// An alert in the user's language. What the server wrote is for its log; here the measure says it.

import { type Key, t } from "../../i18n/index.ts";
import type { AlertEntry } from "../../types.ts";
import { queueWords } from "../../words.ts";

const MEASURES: Record<string, Key> = {
  waiting: "alert.waiting",
  longest_wait_s: "alert.longest_wait",
  service_level: "alert.service_level",
};

export function alertWords(alert: AlertEntry): string {
  const key = alert.measure === undefined ? undefined : MEASURES[alert.measure];
  return key === undefined || alert.queue === null ? alert.words : t(key, { queue: queueWords(alert.queue) });
}
