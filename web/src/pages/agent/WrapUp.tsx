// After the call: how it ended, what is to be remembered, and when to follow up. Its time runs down.

import { useRef } from "preact/hooks";
import { api } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Button } from "../../components/Button.tsx";
import { Card } from "../../components/Card.tsx";
import { Countdown, Draining } from "../../components/Clock.tsx";
import { Chips, TextArea, TextField } from "../../components/Field.tsx";
import { t } from "../../i18n/index.ts";
import { isLive, now } from "../../live/index.ts";
import { me } from "../../session.ts";
import { useShortcuts } from "../../shortcuts.ts";
import type { StateEntry } from "../../types.ts";
import { dispositionWords, reasonWords } from "../../words.ts";
import { dayAfter } from "./days.ts";
import { draftOf } from "./drafts.ts";
import { handOver } from "./keepNotes.ts";
import { MAX_NOTES } from "./Notes.tsx";

export function WrapUp({ contact, state }: { readonly contact: string; readonly state: StateEntry }) {
  const draft = draftOf(contact);
  const order = useOrder();
  const form = useRef<HTMLFormElement>(null);
  const notes = useRef<HTMLTextAreaElement>(null);
  const dispositions = me.value?.dispositions ?? [];
  const chosen = draft.disposition.value;
  const end = (): void => {
    const body = {
      contact,
      disposition: chosen,
      ...(draft.notes.value.trim() ? { notes: draft.notes.value.trim() } : {}),
      ...(draft.followUpOn.value ? { follow_up_on: draft.followUpOn.value } : {}),
    };
    void order.run(() => handOver(contact, () => api.post("wrap-up", body)));
  };
  useShortcuts([
    { key: "n", label: "agent.key_notes", group: "agent.keys_contact", run: () => notes.current?.focus() },
    {
      key: "w",
      label: "agent.key_disposition",
      group: "agent.keys_contact",
      run: () => form.current?.querySelector<HTMLInputElement>("input[type=radio]:checked, input[type=radio]")?.focus(),
    },
  ]);
  return (
    <Card
      tone="wrap_up"
      title={t("agent.wrap_up_title")}
      aside={state.deadline_ms !== null && <TimeLeft state={state} />}
    >
      <form
        class="wrap-up"
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          end();
        }}
      >
        {state.deadline_ms !== null && <Draining from={state.since_ms} until={state.deadline_ms} tone="wrap_up" />}
        {dispositions.length > 0 && (
          <Chips
            label={t("agent.how_did_it_end")}
            name="disposition"
            value={chosen}
            options={dispositions.map((name) => ({ value: name, label: dispositionWords(name) }))}
            onChange={(name) => {
              draft.disposition.value = name;
            }}
          />
        )}
        <TextArea
          label={t("agent.your_notes")}
          value={draft.notes.value}
          maxLength={MAX_NOTES}
          areaRef={notes}
          onInput={(text) => {
            draft.notes.value = text;
          }}
        />
        <FollowUp contact={contact} />
        <div class="row wrap">
          <Button kind="primary" type="submit" busy={order.busy.value} disabled={!isLive.value}>
            {t(chosen || dispositions.length === 0 ? "agent.end_wrap_up" : "agent.end_wrap_up_without")}
          </Button>
          <span class="soft">
            {state.pending === null
              ? t("agent.then_ready")
              : state.pending === "logged_out"
                ? t("agent.then_signed_out")
                : t("agent.then_not_ready", { reason: reasonWords(state.pending) })}
          </span>
        </div>
        <Refused order={order} />
      </form>
    </Card>
  );
}

function TimeLeft({ state }: { readonly state: StateEntry }) {
  return (
    <span class="wrap-up-left">
      <span class="small soft">{t("agent.time_left")}</span>{" "}
      {state.deadline_ms !== null && <Countdown until={state.deadline_ms} />}
    </span>
  );
}

function FollowUp({ contact }: { readonly contact: string }) {
  const draft = draftOf(contact);
  const set = (day: string): void => {
    draft.followUpOn.value = draft.followUpOn.value === day ? "" : day;
  };
  const tomorrow = dayAfter(now.peek(), 1);
  const inAWeek = dayAfter(now.peek(), 7);
  return (
    <div class="follow-up">
      <TextField
        label={t("agent.follow_up")}
        type="date"
        value={draft.followUpOn.value}
        native={{ min: dayAfter(now.peek(), 0) }}
        onInput={(day) => {
          draft.followUpOn.value = day;
        }}
      />
      <Button size="small" pressed={draft.followUpOn.value === tomorrow} onClick={() => set(tomorrow)}>
        {t("agent.tomorrow")}
      </Button>
      <Button size="small" pressed={draft.followUpOn.value === inAWeek} onClick={() => set(inAWeek)}>
        {t("agent.in_a_week")}
      </Button>
    </div>
  );
}
