// Who waits, the oldest first: each opens the panel with its story and what may be done with it.

import { useMemo } from "preact/hooks";
import { Badge, TierBadge } from "../../components/Badge.tsx";
import { Card, Empty } from "../../components/Card.tsx";
import { Elapsed } from "../../components/Clock.tsx";
import { Link } from "../../components/Link.tsx";
import { type Column, type Sorting, Table } from "../../components/Table.tsx";
import { locale, t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";
import { go, keptState } from "../../router.ts";
import type { ContactEntry } from "../../types.ts";
import { callerWords, contactStateWords, queueWords } from "../../words.ts";

export const contactAddress = (id: string): string => `/floor?contact=${encodeURIComponent(id)}`;

const columnsOf = (): readonly Column<ContactEntry>[] => [
  {
    id: "caller",
    label: t("floor.caller"),
    cell: (contact) => (
      <span class="row wrap">
        <Link to={contactAddress(contact.id)} class="strong number">
          {contact.customer_name || callerWords(contact.caller)}
        </Link>
        <TierBadge tier={contact.tier} />
        {contact.state === "offered" && <Badge tone="reserved">{contactStateWords("offered")}</Badge>}
        {contact.held_for && <Badge>{t("floor.kept_for", { agent: agentName(contact.held_for) })}</Badge>}
      </span>
    ),
  },
  {
    id: "queue",
    label: t("floor.queue"),
    sort: (contact) => contact.queue,
    cell: (contact) => (contact.queue === null ? "–" : queueWords(contact.queue)),
  },
  {
    id: "priority",
    label: t("floor.priority"),
    number: true,
    sort: (contact) => (contact.priority === null ? null : -contact.priority),
    cell: (contact) => contact.priority ?? "–",
  },
  {
    id: "wait",
    label: t("floor.wait"),
    number: true,
    sort: (contact) => contact.arrived_ms,
    cell: (contact) => <Elapsed since={contact.arrived_ms} />,
  },
];

const waits = (contact: ContactEntry): boolean => contact.state !== "connected" && contact.state !== "ended";

export const agentName = (id: string): string => store.entry(`agent/${id}`).value?.name ?? id;

export function ContactsCard() {
  const columns = useMemo(columnsOf, [locale.value]);
  return (
    <Card title={t("floor.who_waits")}>
      <Table
        label={t("floor.who_waits")}
        columns={columns}
        keys={store.names("contact")}
        read={readContact}
        filter={waits}
        sorting={keptState<Sorting>("floor.contacts.sorting", { column: "wait", down: false })}
        onOpen={(id) => go(contactAddress(id))}
        cards
        empty={<Empty title={t("floor.nobody_waits")} />}
      />
    </Card>
  );
}

const readContact = (id: string) => store.entry(`contact/${id}`);
