// One contact beside the floor: where it stands, what may be done with it, and why it stands there.

import { useSignal } from "@preact/signals";
import { api, at } from "../../api.ts";
import { Action, Refused, useOrder } from "../../components/Action.tsx";
import { Tags, TierBadge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Facts, Notice } from "../../components/Card.tsx";
import { Elapsed } from "../../components/Clock.tsx";
import { confirm, Dialog } from "../../components/Dialog.tsx";
import { Select, TextField } from "../../components/Field.tsx";
import { Link } from "../../components/Link.tsx";
import { t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { may } from "../../session.ts";
import type { ContactEntry } from "../../types.ts";
import { callerWords, contactStateWords, queueWords } from "../../words.ts";
import { agentAddress } from "./AgentsCard.tsx";
import { agentName } from "./ContactsCard.tsx";
import { Why } from "./Why.tsx";

interface PanelProps {
  readonly id: string;
  readonly onClose: () => void;
}

export function ContactPanel({ id, onClose }: PanelProps) {
  const contact = store.entry(`contact/${id}`).value;
  const last = useSignal<ContactEntry | undefined>(contact);
  if (contact !== undefined && last.peek() !== contact) last.value = contact;
  const shown = contact ?? last.value;
  const inQueue = contact?.state === "waiting" || contact?.state === "offered";
  return (
    <Dialog
      kind="panel"
      onClose={onClose}
      title={
        <span class="row wrap">
          {shown ? shown.customer_name || callerWords(shown.caller) : id}
          <TierBadge tier={shown?.tier} />
        </span>
      }
    >
      {contact === undefined && <Notice say>{t("floor.contact_gone")}</Notice>}
      {shown && <Standing contact={shown} over={contact === undefined} />}
      {inQueue && may("manage_contacts") && <Orders contact={contact} />}
      {contact !== undefined && contact.state !== "connected" && <Why id={id} />}
      <p>
        <Link to={`/contacts/${encodeURIComponent(id)}`}>{t("floor.whole_story")}</Link>
      </p>
    </Dialog>
  );
}

function Standing({ contact, over }: { readonly contact: ContactEntry; readonly over: boolean }) {
  return (
    <Facts
      facts={[
        [t("floor.state"), over ? contactStateWords("ended") : contactStateWords(contact.state)],
        [t("floor.caller"), <span class="number">{callerWords(contact.caller)}</span>],
        [t("floor.caller_name"), contact.caller_name],
        [t("floor.queue"), contact.queue === null ? null : queueWords(contact.queue)],
        [t("floor.priority"), contact.priority],
        [t("floor.wait"), over || contact.state === "connected" ? null : <Elapsed since={contact.arrived_ms} />],
        [
          t("floor.agent"),
          contact.agent === null ? null : <Link to={agentAddress(contact.agent)}>{agentName(contact.agent)}</Link>,
        ],
        [t("floor.kept_for_label"), contact.held_for === null ? null : agentName(contact.held_for)],
        [t("floor.tags"), contact.tags.length > 0 && <Tags tags={contact.tags} />],
      ]}
    />
  );
}

function Orders({ contact }: { readonly contact: ContactEntry }) {
  const order = useOrder();
  const queue = useSignal("");
  const agent = useSignal("");
  const priority = useSignal<string | null>(null);
  const live = isLive.value;
  const open = store.all("queue").filter((one) => one.state === "open" && one.name !== contact.queue);
  const ready = store.all("agent").filter((one) => one.state === "ready" && one.device === "free");
  const give = (what: string, body: unknown) => () => api.post(at("contacts", contact.id, what), body);
  const withdraw = async (): Promise<void> => {
    const caller = contact.customer_name || callerWords(contact.caller);
    const sure = await confirm({
      title: t("floor.withdraw_title"),
      text: t("floor.withdraw_text", { caller }),
      yes: t("floor.withdraw"),
      danger: true,
    });
    if (sure) await give("withdraw", {})();
  };
  return (
    <Card title={t("floor.orders")} class="orders">
      <form
        class="order"
        onSubmit={(event) => {
          event.preventDefault();
          void order.run(give("move", { queue: queue.value }));
        }}
      >
        <Select
          label={t("floor.move_to")}
          value={open.some((one) => one.name === queue.value) ? queue.value : ""}
          required
          onChange={(value) => {
            queue.value = value;
          }}
          options={[
            { value: "", label: open.length > 0 ? t("floor.choose_queue") : t("floor.no_open_queue") },
            ...open.map((one) => ({ value: one.name, label: queueWords(one.name, one.label) })),
          ]}
        />
        <Button type="submit" disabled={!live || queue.value === ""}>
          {t("floor.move")}
        </Button>
      </form>
      <form
        class="order"
        onSubmit={(event) => {
          event.preventDefault();
          void order.run(give("priority", { priority: Number(priority.value ?? contact.priority) }));
        }}
      >
        <TextField
          label={t("floor.priority")}
          type="number"
          native={{ min: 0, max: 100, step: 1, required: true }}
          value={priority.value ?? String(contact.priority ?? "")}
          onInput={(value) => {
            priority.value = value;
          }}
        />
        <Button type="submit" disabled={!live}>
          {t("floor.set")}
        </Button>
      </form>
      <form
        class="order"
        onSubmit={(event) => {
          event.preventDefault();
          void order.run(give("take", agent.value === "" ? {} : { agent: agent.value }));
        }}
      >
        <Select
          label={t("floor.give_to")}
          value={ready.some((one) => one.id === agent.value) ? agent.value : ""}
          onChange={(value) => {
            agent.value = value;
          }}
          options={[
            { value: "", label: t("floor.myself") },
            ...ready.map((one) => ({ value: one.id, label: one.name })),
          ]}
        />
        <Button type="submit" disabled={!live}>
          {agent.value === "" ? t("floor.take") : t("floor.give")}
        </Button>
      </form>
      <div>
        <Action act={withdraw} order={order} kind="danger" disabled={!live}>
          {t("floor.withdraw_more")}
        </Action>
      </div>
      <Refused order={order} />
    </Card>
  );
}
