// Choosing whom a call goes to, and how: at once, or after asking them.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../../api.ts";
import { Action, Refused, useOrder } from "../../components/Action.tsx";
import { Badge, StateBadge } from "../../components/Badge.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { TextArea } from "../../components/Field.tsx";
import { type Option, Picker } from "../../components/Picker.tsx";
import { t } from "../../i18n/index.ts";
import { isLive } from "../../live/index.ts";
import { me } from "../../session.ts";
import type { Target, Targets } from "../../types.ts";
import { queueWords } from "../../words.ts";
import { draftOf } from "./drafts.ts";
import { handOver } from "./keepNotes.ts";
import { MAX_NOTES } from "./Notes.tsx";
import { loadTargets } from "./targets.ts";

export function TransferDialog({ contact, onClose }: { readonly contact: string; readonly onClose: () => void }) {
  const targets = useSignal<Targets | null>(null);
  const chosen = useSignal<Option<Target> | null>(null);
  const loading = useOrder();
  const order = useOrder();
  const actions = useRef<HTMLDivElement>(null);
  const draft = draftOf(contact);
  useEffect(() => {
    void loading.run(async () => {
      targets.value = await loadTargets();
    });
  }, []);
  const to = chosen.value?.value ?? null;
  const notes = draft.notes.value.trim();
  const transfer = async (): Promise<void> => {
    await handOver(contact, () => api.post("calls/transfer", { contact, to, ...(notes ? { notes } : {}) }));
    onClose();
  };
  const ask = async (): Promise<void> => {
    await api.post("calls/consult", { contact, to });
    onClose();
  };
  const off = to === null || !isLive.value;
  return (
    <Dialog title={t("agent.transfer")} onClose={onClose}>
      <Picker
        label={t("agent.transfer_to")}
        placeholder={t("agent.transfer_search")}
        options={optionsOf(targets.value)}
        chosen={chosen.value?.id ?? null}
        typed={numberOption}
        loading={loading.busy.value}
        autoFocus
        onChoose={(option) => {
          chosen.value = option;
          // Chosen with Enter, the next Enter does it.
          requestAnimationFrame(() => actions.current?.querySelector("button")?.focus());
        }}
      />
      <Refused order={loading} />
      <TextArea
        label={t("agent.transfer_notes")}
        value={draft.notes.value}
        rows={2}
        maxLength={MAX_NOTES}
        onInput={(text) => {
          draft.notes.value = text;
        }}
      />
      <p role="status" class={to === null ? "soft" : "strong any"}>
        {chosen.value === null ? t("agent.transfer_choose") : t("agent.transfer_chosen", { name: chosen.value.label })}
      </p>
      <div class="row wrap" ref={actions}>
        <Action order={order} kind="primary" icon="transfer" disabled={off} act={transfer}>
          {t("agent.transfer_now")}
        </Action>
        <Action order={order} icon="people" disabled={off} act={ask}>
          {t("agent.ask_first")}
        </Action>
      </div>
      <Refused order={order} />
    </Dialog>
  );
}

function optionsOf(targets: Targets | null): readonly Option<Target>[] {
  if (targets === null) return [];
  return [
    ...targets.agents
      .filter(({ id, state }) => id !== me.peek()?.id && state !== "logged_out")
      .map(({ id, name, state, free = state === "ready" }) => ({
        id: `agent/${id}`,
        value: { agent: id },
        disabled: !free,
        label: name,
        also: id,
        group: t("agent.targets_agents"),
        aside: <StateBadge state={state} />,
      })),
    ...targets.queues.map(({ name, label, open, waiting }) => ({
      id: `queue/${name}`,
      value: { queue: name },
      label: queueWords(name, label),
      also: name,
      group: t("agent.targets_queues"),
      disabled: !open,
      aside: open ? (
        <span class="soft small">{t("agent.targets_waiting", { count: waiting })}</span>
      ) : (
        <Badge tone="bad">{t("queue.closed")}</Badge>
      ),
    })),
    ...targets.numbers.map(({ label, number }) => ({
      id: `number/${number}`,
      value: { number },
      label,
      also: number,
      group: t("agent.targets_numbers"),
      aside: <span class="soft small number">{number}</span>,
    })),
  ];
}

/** What was typed, where it can be dialled. */
function numberOption(text: string): Option<Target> | null {
  const number = text.replace(/[\s()/.-]/g, "");
  if (!/^\+?\d{3,20}$/.test(number)) return null;
  return { id: `typed/${number}`, value: { number }, label: number, group: t("agent.targets_typed") };
}
