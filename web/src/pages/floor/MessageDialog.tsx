// A message to an agent, to those who serve a queue, or to all. It stays on their screens until they have read it.

import { useSignal } from "@preact/signals";
import { api } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Checkbox, Select, TextArea } from "../../components/Field.tsx";
import { toast } from "../../components/Toasts.tsx";
import { compareNames } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { queueWords } from "../../words.ts";

const MAX_TEXT = 500;

interface MessageProps {
  /** "all", "queue:sales" or "agent:anna". */
  readonly to: string;
  readonly onClose: () => void;
}

function addressees(to: string): unknown {
  const [kind, name] = [to.slice(0, to.indexOf(":")), to.slice(to.indexOf(":") + 1)];
  return kind === "queue" ? { queues: [name] } : kind === "agent" ? { agents: [name] } : { all: true };
}

export function MessageDialog({ to, onClose }: MessageProps) {
  const order = useOrder();
  const chosen = useSignal(to);
  const text = useSignal("");
  const urgent = useSignal(false);
  const agents = [...store.all("agent")]
    .filter((agent) => agent.state !== "logged_out" || `agent:${agent.id}` === to)
    .sort((one, other) => compareNames(one.name, other.name));
  const send = async (): Promise<void> => {
    const body = { to: addressees(chosen.value), text: text.value.trim(), urgent: urgent.value };
    if (!(await order.run(() => api.post("messages", body)))) return;
    toast(t("message.sent"), "good");
    onClose();
  };
  return (
    <Dialog title={t("message.title")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Select
          label={t("message.to")}
          value={chosen.value}
          onChange={(value) => {
            chosen.value = value;
          }}
          options={[
            { value: "all", label: t("message.all") },
            ...store.all("queue").map((queue) => ({
              value: `queue:${queue.name}`,
              label: t("message.queue", { queue: queueWords(queue.name, queue.label) }),
            })),
            ...agents.map((agent) => ({ value: `agent:${agent.id}`, label: agent.name })),
          ]}
        />
        <TextArea
          label={t("message.text")}
          value={text.value}
          maxLength={MAX_TEXT}
          onInput={(value) => {
            text.value = value;
          }}
        />
        <Checkbox
          label={t("message.urgent")}
          checked={urgent.value}
          onChange={(value) => {
            urgent.value = value;
          }}
        />
        <Refused order={order} />
        <div>
          <Button
            type="submit"
            kind="primary"
            busy={order.busy.value}
            disabled={!isLive.value || text.value.trim() === ""}
          >
            {t("message.send")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
