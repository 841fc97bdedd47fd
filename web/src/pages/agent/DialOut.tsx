// Calling somebody: a number, and the queue in whose name.

import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Select, TextField } from "../../components/Field.tsx";
import { t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { keptState } from "../../router.ts";
import { queueWords } from "../../words.ts";

const shown = signal(false);

export function showDial(): void {
  shown.value = true;
}

export const DialOut = () => (shown.value ? <DialDialog /> : null);

function DialDialog() {
  const number = useSignal("");
  const queue = keptState("agent.dial_queue", "");
  const order = useOrder();
  const field = useRef<HTMLInputElement>(null);
  const close = (): void => {
    shown.value = false;
  };
  useEffect(() => field.current?.focus(), []);
  const dial = async (): Promise<void> => {
    const body = { number: number.value.trim(), ...(queue.value ? { queue: queue.value } : {}) };
    if (await order.run(() => api.post("calls/dial", body))) close();
  };
  const queues = store.names("queue").value.map((name) => ({
    value: name,
    label: queueWords(name, store.entry(`queue/${name}`).value?.label),
  }));
  return (
    <Dialog title={t("agent.dial")} onClose={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void dial();
        }}
      >
        <TextField
          label={t("agent.number")}
          hint={t("agent.number_hint")}
          type="tel"
          value={number.value}
          fieldRef={field}
          native={{ required: true, maxLength: 40, autocomplete: "off" }}
          onInput={(value) => {
            number.value = value;
          }}
        />
        {queues.length > 0 && (
          <Select
            label={t("agent.dial_for")}
            value={queue.value}
            options={[{ value: "", label: t("agent.dial_for_none") }, ...queues]}
            onChange={(value) => {
              queue.value = value;
            }}
          />
        )}
        <Refused order={order} />
        <Button kind="primary" size="big" type="submit" icon="accept" busy={order.busy.value} disabled={!isLive.value}>
          {t("agent.call_now")}
        </Button>
      </form>
    </Dialog>
  );
}
