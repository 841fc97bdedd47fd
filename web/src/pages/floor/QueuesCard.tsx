// The queues: who waits and for how long, how well they are served, and who serves them.

import { useMemo } from "preact/hooks";
import { QueueStateBadge } from "../../components/Badge.tsx";
import { Card, Empty } from "../../components/Card.tsx";
import { Duration, Elapsed } from "../../components/Clock.tsx";
import { Link } from "../../components/Link.tsx";
import { type Column, type Sorting, Table } from "../../components/Table.tsx";
import { list, number, percent } from "../../i18n/format.ts";
import { locale, t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";
import { go, keptState } from "../../router.ts";
import type { QueueEntry } from "../../types.ts";
import { queueWords, reasonWords } from "../../words.ts";

export const queueAddress = (name: string): string => `/floor?queue=${encodeURIComponent(name)}`;

const share = (value: number | null | undefined): string => (value == null ? "–" : percent(value));
export const notReadyOf = (queue: QueueEntry): number =>
  Object.values(queue.not_ready ?? {}).reduce((sum, count) => sum + count, 0);
export const reasonsOf = (queue: QueueEntry): string =>
  list(Object.entries(queue.not_ready ?? {}).map(([reason, count]) => `${reasonWords(reason)} ${number(count)}`));

const columnsOf = (): readonly Column<QueueEntry>[] => [
  {
    id: "name",
    label: t("floor.queue"),
    sort: (queue) => queueWords(queue.name, queue.label),
    cell: (queue) => (
      <span class="row">
        <Link to={queueAddress(queue.name)} class="strong">
          {queueWords(queue.name, queue.label)}
        </Link>
        {queue.state !== "open" && <QueueStateBadge state={queue.state} />}
      </span>
    ),
  },
  {
    id: "waiting",
    label: t("floor.waiting"),
    number: true,
    sort: (queue) => queue.waiting,
    cell: (queue) => <span class="strong">{number(queue.waiting)}</span>,
  },
  {
    id: "longest",
    label: t("floor.longest_wait"),
    number: true,
    sort: (queue) => (queue.oldest_ms === null ? null : -queue.oldest_ms),
    cell: (queue) => (queue.oldest_ms === null ? "–" : <Elapsed since={queue.oldest_ms} />),
  },
  {
    id: "level",
    label: t("floor.service_level_now"),
    number: true,
    sort: (queue) => queue.service_level?.now ?? null,
    cell: (queue) => share(queue.service_level?.now),
  },
  {
    id: "level_today",
    label: t("floor.service_level_today"),
    number: true,
    sort: (queue) => queue.service_level?.today ?? null,
    cell: (queue) => share(queue.service_level?.today),
  },
  {
    id: "answered",
    label: t("floor.answered"),
    number: true,
    sort: (queue) => queue.answered ?? 0,
    cell: (queue) => number(queue.answered ?? 0),
  },
  {
    id: "abandoned",
    label: t("floor.abandoned"),
    number: true,
    sort: (queue) => queue.abandoned ?? 0,
    cell: (queue) => number(queue.abandoned ?? 0),
  },
  {
    id: "speed",
    label: t("floor.speed_of_answer"),
    number: true,
    wide: true,
    sort: (queue) => queue.average_speed_of_answer_ms ?? null,
    cell: (queue) =>
      queue.average_speed_of_answer_ms == null ? "–" : <Duration ms={queue.average_speed_of_answer_ms} />,
  },
  {
    id: "ready",
    label: t("state.ready"),
    number: true,
    sort: (queue) => queue.agents_ready,
    cell: (queue) => number(queue.agents_ready),
  },
  {
    id: "talking",
    label: t("state.talking"),
    number: true,
    sort: (queue) => queue.talking ?? 0,
    cell: (queue) => number(queue.talking ?? 0),
  },
  {
    id: "wrap_up",
    label: t("state.wrap_up"),
    number: true,
    wide: true,
    sort: (queue) => queue.wrap_up ?? 0,
    cell: (queue) => number(queue.wrap_up ?? 0),
  },
  {
    id: "not_ready",
    label: t("state.not_ready"),
    number: true,
    wide: true,
    sort: notReadyOf,
    cell: (queue) => <span title={reasonsOf(queue)}>{number(notReadyOf(queue))}</span>,
  },
];

const tone = (queue: QueueEntry): string | undefined =>
  queue.alert === "critical" ? "bad" : queue.alert === "warning" ? "warn" : undefined;

export function QueuesCard() {
  const columns = useMemo(columnsOf, [locale.value]);
  return (
    <Card title={t("floor.queues")}>
      <Table
        label={t("floor.queues")}
        columns={columns}
        keys={store.names("queue")}
        read={readQueue}
        sorting={keptState<Sorting>("floor.queues.sorting", { column: "", down: false })}
        onOpen={(name) => go(queueAddress(name))}
        tone={tone}
        cards
        empty={<Empty title={t("floor.no_queues")} />}
      />
    </Card>
  );
}

const readQueue = (name: string) => store.entry(`queue/${name}`);
