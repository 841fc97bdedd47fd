// What can be done with the call, as it is now: the buttons follow the `talk` entry and nothing else.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api.ts";
import { Action, Refused, useOrder } from "../../components/Action.tsx";
import { Dot } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Elapsed } from "../../components/Clock.tsx";
import { type Key, t } from "../../i18n/index.ts";
import { isLive } from "../../live/index.ts";
import { type Shortcut, useShortcuts } from "../../shortcuts.ts";
import type { Consult, TalkEntry } from "../../types.ts";
import { targetWords } from "../../words.ts";
import { draftOf } from "./drafts.ts";
import { handOver } from "./keepNotes.ts";
import { TransferDialog } from "./TransferDialog.tsx";
import { loadTargets, nameOfAgent } from "./targets.ts";

interface Control {
  readonly key: string;
  readonly label: Key;
  readonly act: () => Promise<unknown> | unknown;
  readonly when: boolean;
}

export function CallControls({ talk }: { readonly talk: TalkEntry }) {
  const order = useOrder();
  const ending = useOrder(); // hanging up waits for no other order
  const transferring = useSignal(false);
  const live = isLive.value;
  const { contact, consult, on_hold: held, conference, dialling = false } = talk;
  const plain = consult === null && !conference && !dialling;
  const hold = (): Promise<unknown> => api.post("calls/hold", { contact, hold: !held });
  const hangUp = (): Promise<unknown> => api.post("calls/hang-up", { contact });
  const back = (): Promise<unknown> => api.post("calls/consult/cancel", { contact });
  const join = (): Promise<unknown> => api.post("calls/conference", { contact });
  const give = (): Promise<unknown> => {
    const notes = draftOf(contact).notes.value.trim();
    return handOver(contact, () => api.post("calls/consult/complete", { contact, ...(notes ? { notes } : {}) }));
  };
  const controls: readonly Control[] = [
    { key: "h", label: held ? "agent.resume" : "agent.hold", act: hold, when: plain },
    {
      key: "t",
      label: "agent.transfer",
      act: () => {
        transferring.value = true;
      },
      when: plain,
    },
    { key: "g", label: "agent.hand_over", act: give, when: consult?.state === "talking" || conference },
    { key: "j", label: "agent.join_all", act: join, when: consult?.state === "talking" && !conference },
    { key: "b", label: "agent.back_to_caller", act: back, when: consult !== null && !conference },
    { key: "e", label: "agent.hang_up", act: hangUp, when: true },
  ];
  useShortcuts(
    controls.map(
      ({ key, label, act, when }): Shortcut => ({
        key,
        label,
        group: "agent.keys_call",
        when: when && live,
        run: () => void (key === "e" ? ending : order).run(async () => act(), label),
      }),
    ),
  );
  const shown = (key: string): Control | undefined => controls.find((one) => one.key === key && one.when);
  const button = (
    key: string,
    icon: "hold" | "resume" | "people" | "check" | "back" | "hang_up",
    kind: "plain" | "primary" | "danger" = "plain",
  ) => {
    const control = shown(key);
    return control ? (
      <Action
        key={control.label}
        name={control.label}
        order={key === "e" ? ending : order}
        icon={icon}
        kind={kind}
        shortcut={key}
        disabled={!live}
        act={async () => control.act()}
      >
        {t(control.label)}
      </Action>
    ) : null;
  };
  return (
    <div class="call">
      {consult && <Asked consult={consult} conference={conference} />}
      <div class="call-controls" role="group" aria-label={t("agent.call_controls")}>
        {button("h", held ? "resume" : "hold", held ? "primary" : "plain")}
        {shown("t") && (
          <Button icon="transfer" shortcut="t" disabled={!live} onClick={() => controls[1]?.act()}>
            {t("agent.transfer")}
          </Button>
        )}
        {button("g", "check", "primary")}
        {button("j", "people")}
        {button("b", "back")}
        {button("e", "hang_up", "danger")}
      </div>
      <Refused order={order} />
      <Refused order={ending} />
      {transferring.value && plain && (
        <TransferDialog
          contact={contact}
          onClose={() => {
            transferring.value = false;
          }}
        />
      )}
    </div>
  );
}

const CONSULT_WORDS: Record<Consult["state"], Key> = {
  ringing: "agent.consult_ringing",
  talking: "agent.consult_talking",
  failed: "agent.consult_failed",
};
const CONSULT_TONES: Record<Consult["state"], string> = { ringing: "reserved", talking: "talking", failed: "bad" };

/** Whom the agent asks while the caller waits. */
function Asked({ consult, conference }: { readonly consult: Consult; readonly conference: boolean }) {
  const to = targetWords(consult.to, nameOfAgent);
  const unknown = "agent" in consult.to && nameOfAgent(consult.to.agent) === undefined;
  useEffect(() => {
    if (unknown) loadTargets().catch(() => undefined); // after a reload; until then the agent's id stands there
  }, [unknown]);
  return (
    <p class="consult" role="status">
      <Dot tone={CONSULT_TONES[consult.state]}>
        {conference ? t("agent.conference_with", { name: to }) : t(CONSULT_WORDS[consult.state], { name: to })}
      </Dot>
      <Elapsed since={consult.since_ms} />
      {consult.words && <span class="soft any">{consult.words}</span>}
    </p>
  );
}
