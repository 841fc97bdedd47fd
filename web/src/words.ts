// The server's enumerations in the user's words. What admins named themselves is only made readable.
//
// The one idea: each map names its keys in full, so that the check of the translations sees that they are used.

import { duration } from "./i18n/duration.ts";
import { type Key, t } from "./i18n/index.ts";
import { readable } from "./i18n/names.ts";
import type { AgentState, ContactState, DeviceStatus, QueueState, Target } from "./types.ts";

const STATES: Record<AgentState, Key> = {
  logged_out: "state.logged_out",
  not_ready: "state.not_ready",
  ready: "state.ready",
  reserved: "state.reserved",
  talking: "state.talking",
  wrap_up: "state.wrap_up",
};

const DEVICES: Record<DeviceStatus, Key> = {
  free: "device.free",
  ringing: "device.ringing",
  in_use: "device.in_use",
  unreachable: "device.unreachable",
  unknown: "device.unknown",
};

const QUEUE_STATES: Record<QueueState, Key> = {
  open: "queue.open",
  drained: "queue.drained",
  closed: "queue.closed",
};

const CONTACT_STATES: Record<ContactState, Key> = {
  identifying: "contact.identifying",
  waiting: "contact.waiting",
  offered: "contact.offered",
  connected: "contact.connected",
  ended: "contact.ended",
};

const REASONS: Record<string, Key> = {
  signed_in: "reason.signed_in",
  rona: "reason.rona",
  logged_out: "reason.logged_out",
  break: "reason.break",
  lunch: "reason.lunch",
  meeting: "reason.meeting",
  training: "reason.training",
  back_office: "reason.back_office",
};

const OUTCOMES: Record<string, Key> = {
  answered: "outcome.answered",
  abandoned: "outcome.abandoned",
  fallback: "outcome.fallback",
  lost: "outcome.lost",
  withdrawn: "outcome.withdrawn",
  closed: "outcome.closed",
  overflowed: "outcome.overflowed",
};

/** Why an offer came to nothing: the offer's last state, or how the phone's leg ended. */
const MISSED: Record<string, Key> = {
  declined: "missed.declined",
  expired: "missed.expired",
  withdrawn: "missed.withdrawn",
  failed: "missed.failed",
  unreachable: "missed.unreachable",
};

const TIERS: Record<string, Key> = {
  platinum: "tier.platinum",
  gold: "tier.gold",
  silver: "tier.silver",
  standard: "tier.standard",
};

const DISPOSITIONS: Record<string, Key> = {
  sold: "disposition.sold",
  no_interest: "disposition.no_interest",
  call_back: "disposition.call_back",
  resolved: "disposition.resolved",
  escalated: "disposition.escalated",
  complaint: "disposition.complaint",
  wrong_number: "disposition.wrong_number",
};

const ROLES: Record<string, Key> = {
  agent: "role.agent",
  supervisor: "role.supervisor",
  admin: "role.admin",
  viewer: "role.viewer",
};

const SEGMENTS: Record<string, Key> = {
  waiting: "segment.waiting",
  offer: "segment.offer",
  talk: "segment.talk",
  away: "segment.away",
  hold: "segment.hold",
  wrap_up: "segment.wrap_up",
};

const RESULTS: Record<string, Key> = {
  accepted: "result.accepted",
  declined: "result.declined",
  expired: "result.expired",
  withdrawn: "result.withdrawn",
  failed: "result.failed",
};

const DECISIONS: Record<string, Key> = {
  transferred: "decision.transferred",
  routed: "decision.routed",
  relaxed: "decision.relaxed",
  released: "decision.released",
  moved: "decision.moved",
  prioritised: "decision.prioritised",
  withdrawn: "decision.withdrawn",
  turned_away: "decision.turned_away",
  overflowed: "decision.overflowed",
  given: "decision.given",
  listened: "decision.listened",
};

const FORMULAS: Record<string, Key> = {
  of_answered: "formula.of_answered",
  of_offered: "formula.of_offered",
  of_offered_without_short: "formula.of_offered_without_short",
  abandoned_in_time_as_met: "formula.abandoned_in_time_as_met",
  with_overflowed: "formula.with_overflowed",
};

const from = (map: Readonly<Record<string, Key>>, name: string): string => {
  const key = Object.hasOwn(map, name) ? map[name] : undefined;
  return key === undefined ? readable(name) : t(key);
};

export const stateWords = (state: AgentState): string => from(STATES, state);
export const deviceWords = (device: DeviceStatus): string => from(DEVICES, device);
export const queueStateWords = (state: QueueState): string => from(QUEUE_STATES, state);
export const contactStateWords = (state: ContactState): string => from(CONTACT_STATES, state);
export const reasonWords = (reason: string): string => from(REASONS, reason);
export const outcomeWords = (outcome: string): string => from(OUTCOMES, outcome);
export const missedWords = (reason: string): string => from(MISSED, reason);
export const tierWords = (tier: string): string => from(TIERS, tier);
export const dispositionWords = (name: string): string => from(DISPOSITIONS, name);

/** A queue's own label where it has one. */
export const queueWords = (name: string, label?: string | null): string =>
  label && label !== name ? label : readable(name);
/** Numbers are shown as they came; an absent one is withheld. */
export const callerWords = (caller: string | null): string => caller || t("contact.withheld");

export function targetWords(target: Target, nameOf: (agent: string) => string | undefined = () => undefined): string {
  if ("queue" in target) return queueWords(target.queue);
  if ("agent" in target) return nameOf(target.agent) ?? target.agent;
  return target.number;
}

export const roleWords = (role: string): string => from(ROLES, role);

export const segmentWords = (kind: string): string => from(SEGMENTS, kind);
export const decisionWords = (kind: string): string => from(DECISIONS, kind);
/** How a stretch ended: an offer's last state, or the disposition of a wrap-up. */
export const resultWords = (kind: string, result: string): string =>
  kind === "offer" ? from(RESULTS, result) : dispositionWords(result);

/** A service level's formula by its name, with the queue's threshold in it. */
export function formulaWords(name: string, thresholdMs: number): string {
  const key = Object.hasOwn(FORMULAS, name) ? FORMULAS[name] : undefined;
  return key === undefined ? readable(name) : t(key, { time: duration(thresholdMs) });
}
