// Webhooks as the API tells of them, and what they can be told of, in words.

import { type Key, t } from "../../i18n/index.ts";
import { readable } from "../../i18n/names.ts";

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly created_by: string;
  readonly created_ms: number;
  /** Events that are before it; the other counts are since the daemon's start. */
  readonly waiting: number;
  readonly delivered: number;
  /** Attempts. */
  readonly failed: number;
  readonly dead: number;
  /** Why the last attempt failed; null: it did not. */
  readonly error: string | null;
}

/** What came of one event that was sent at once. */
export type Sent = { readonly taken: true } | { readonly taken: false; readonly error: string };

const EVENT_WORDS = {
  "contact.arrived": "webhook.contact_arrived",
  "contact.routed": "webhook.contact_routed",
  "contact.offered": "webhook.contact_offered",
  "contact.connected": "webhook.contact_connected",
  "contact.transferred": "webhook.contact_transferred",
  "contact.ended": "webhook.contact_ended",
  "contact.disposition": "webhook.contact_disposition",
  "queue.state": "webhook.queue_state",
  "alert.raised": "webhook.alert_raised",
  "alert.cleared": "webhook.alert_cleared",
} as const satisfies Record<string, Key>;

export const EVENTS = Object.keys(EVENT_WORDS);

export const eventWords = (event: string): string =>
  Object.hasOwn(EVENT_WORDS, event) ? t(EVENT_WORDS[event as keyof typeof EVENT_WORDS]) : readable(event);
