// What the agent is, since when, and what they become: the one control that is used a hundred times a day.
//
// The one idea: what is pressed is what the agent is, or will be at the end of the contact in hand.

import { api } from "../../api.ts";
import { Action, Refused, useOrder } from "../../components/Action.tsx";
import { Card } from "../../components/Card.tsx";
import { Elapsed } from "../../components/Clock.tsx";
import { type Key, t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { me } from "../../session.ts";
import { useShortcuts } from "../../shortcuts.ts";
import type { AgentState, StateEntry } from "../../types.ts";
import { reasonWords, stateWords } from "../../words.ts";
import { hasNoPhone } from "./PhoneDialog.tsx";

export const BUSY: ReadonlySet<AgentState> = new Set(["reserved", "talking", "wrap_up"]);

const HINTS: Record<AgentState, Key> = {
  logged_out: "agent.hint_logged_out",
  not_ready: "agent.hint_not_ready",
  ready: "agent.hint_ready",
  reserved: "agent.hint_reserved",
  talking: "agent.hint_talking",
  wrap_up: "agent.hint_wrap_up",
};

export function StateCard() {
  const state = store.entry("state").value;
  const order = useOrder();
  const reasons = me.value?.not_ready_reasons ?? [];
  const live = isLive.value;
  const beReady = (): Promise<unknown> => api.post("ready");
  const beNotReady = (reason: string): Promise<unknown> => api.post("not-ready", { reason });
  useShortcuts([
    {
      key: "r",
      label: "agent.be_ready",
      group: "agent.keys_state",
      when: live,
      run: () => void order.run(beReady, "r"),
    },
    ...reasons.slice(0, 9).map((reason, index) => ({
      key: String(index + 1),
      label: reasonKey(index),
      group: "agent.keys_state" as const,
      when: live,
      run: () => void order.run(() => beNotReady(reason), String(index + 1)),
    })),
  ]);
  if (state === undefined) return <Card class="state-card" title={t("agent.your_state")} quietTitle />;
  const busy = BUSY.has(state.state);
  const chosen = busy ? state.pending : state.state === "not_ready" ? state.reason : null;
  return (
    <Card class="state-card" tone={state.state} title={t("agent.your_state")} quietTitle>
      <div class="state-now">
        <span class="state-name" role="status">
          {stateWords(state.state)}
          {state.state === "not_ready" && state.reason && (
            <span class="state-reason"> {reasonWords(state.reason)}</span>
          )}
        </span>
        <Elapsed since={state.since_ms} class="state-clock" />
      </div>
      <p class="soft small">{t(hintOf(state))}</p>
      <Pending state={state} />
      <Action
        order={order}
        act={beReady}
        size="big"
        class="ready-button"
        tone="ready"
        pressed={busy ? state.pending === null : state.state === "ready"}
        disabled={!live}
        shortcut="r"
      >
        {busy ? t("agent.ready_after") : t("state.ready")}
      </Action>
      <div class="reasons" role="group" aria-label={busy ? t("agent.not_ready_after") : t("state.not_ready")}>
        <span class="small soft reasons-title" aria-hidden="true">
          {busy ? t("agent.not_ready_after") : t("state.not_ready")}
        </span>
        {reasons.map((reason, index) => (
          <Action
            key={reason}
            order={order}
            act={() => beNotReady(reason)}
            tone="not_ready"
            pressed={reason === chosen}
            disabled={!live}
            {...(index < 9 ? { shortcut: String(index + 1) } : {})}
          >
            {reasonWords(reason)}
          </Action>
        ))}
      </div>
      <Refused order={order} />
    </Card>
  );
}

function hintOf({ state, reason }: StateEntry): Key {
  if (state === "ready" && hasNoPhone()) return "agent.no_phone_hint";
  return reason === "rona" ? "agent.hint_rona" : HINTS[state];
}

const REASON_KEYS: readonly Key[] = [
  "agent.key_reason_1",
  "agent.key_reason_2",
  "agent.key_reason_3",
  "agent.key_reason_4",
  "agent.key_reason_5",
  "agent.key_reason_6",
  "agent.key_reason_7",
  "agent.key_reason_8",
  "agent.key_reason_9",
];
const reasonKey = (index: number): Key => REASON_KEYS[index] ?? "agent.key_reason_9";

function Pending({ state }: { readonly state: StateEntry }) {
  return (
    <p class="pending" role="status" hidden={!state.pending}>
      {state.pending === "logged_out"
        ? t("agent.pending_sign_out")
        : state.pending && t("agent.pending", { reason: reasonWords(state.pending) })}
    </p>
  );
}
