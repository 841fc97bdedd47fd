// Small marks: a state with its dot, a customer's tier, a tag.

import type { ComponentChildren } from "preact";
import { readable } from "../i18n/names.ts";
import type { AgentState, DeviceStatus, QueueState } from "../types.ts";
import { deviceWords, queueStateWords, stateWords, tierWords } from "../words.ts";

/** A word with a dot in the tone's colour; the word says it all, the colour helps. */
export function Dot({ tone, children }: { readonly tone: string; readonly children: ComponentChildren }) {
  return (
    <span class="dot" data-tone={tone}>
      {children}
    </span>
  );
}

export const StateBadge = ({ state }: { readonly state: AgentState }) => <Dot tone={state}>{stateWords(state)}</Dot>;

const DEVICE_TONES: Record<DeviceStatus, string> = {
  free: "ready",
  ringing: "reserved",
  in_use: "talking",
  unreachable: "bad",
  unknown: "logged_out",
};

export const DeviceBadge = ({ device }: { readonly device: DeviceStatus }) => (
  <Dot tone={DEVICE_TONES[device]}>{deviceWords(device)}</Dot>
);

const QUEUE_TONES: Record<QueueState, string> = { open: "good", drained: "warn", closed: "bad" };

export const QueueStateBadge = ({ state }: { readonly state: QueueState }) => (
  <Dot tone={QUEUE_TONES[state]}>{queueStateWords(state)}</Dot>
);

export const TierBadge = ({ tier }: { readonly tier: string | null | undefined }) =>
  tier ? (
    <span class="tier" data-tier={tier}>
      {tierWords(tier)}
    </span>
  ) : null;

/** A word in a pill, such as a tag or a count. */
export const Badge = ({ tone, children }: { readonly tone?: string; readonly children: ComponentChildren }) => (
  <span class="badge" data-tone={tone}>
    {children}
  </span>
);

export const Tags = ({ tags }: { readonly tags: readonly string[] }) => (
  <>
    {tags.map((tag) => (
      <Badge key={tag}>{readable(tag)}</Badge>
    ))}
  </>
);
