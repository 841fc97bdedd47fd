// The agents: their state and since when, what they have in hand, and their day so far.

import { useMemo } from "preact/hooks";
import { Badge, DeviceBadge, StateBadge, TierBadge } from "../../components/Badge.tsx";
import { Card, Empty, Segments } from "../../components/Card.tsx";
import { Duration, Elapsed } from "../../components/Clock.tsx";
import { SearchField } from "../../components/Field.tsx";
import { Link } from "../../components/Link.tsx";
import { type Column, type Sorting, Table } from "../../components/Table.tsx";
import { number, percent } from "../../i18n/format.ts";
import { locale, t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";
import { go, keptState } from "../../router.ts";
import type { AgentEntry, AgentState } from "../../types.ts";
import { reasonWords } from "../../words.ts";

export const agentAddress = (id: string): string => `/floor?agent=${encodeURIComponent(id)}`;

const ORDER: readonly AgentState[] = ["talking", "reserved", "ready", "wrap_up", "not_ready", "logged_out"];

type Which = "signed_in" | "ready" | "busy" | "not_ready" | "all";

const FITS: Record<Which, (state: AgentState) => boolean> = {
  signed_in: (state) => state !== "logged_out",
  ready: (state) => state === "ready",
  busy: (state) => state === "talking" || state === "reserved" || state === "wrap_up",
  not_ready: (state) => state === "not_ready",
  all: () => true,
};

const columnsOf = (): readonly Column<AgentEntry>[] => [
  {
    id: "name",
    label: t("floor.agent"),
    sort: (agent) => agent.name,
    cell: (agent) => (
      <Link to={agentAddress(agent.id)} class="strong">
        {agent.name}
      </Link>
    ),
  },
  {
    id: "state",
    label: t("floor.state"),
    sort: (agent) => ORDER.indexOf(agent.state),
    cell: (agent) => (
      <span class="row wrap">
        <StateBadge state={agent.state} />
        {agent.reason && <span class="soft">{reasonWords(agent.reason)}</span>}
        {agent.on_hold && <Badge tone="warn">{t("floor.on_hold")}</Badge>}
        {agent.state !== "logged_out" && agent.phone.device === null && (
          <Badge tone="warn">{t("floor.no_phone")}</Badge>
        )}
        {agent.state !== "logged_out" && agent.device === "unreachable" && <DeviceBadge device={agent.device} />}
        {agent.pending && <Badge>{t("floor.then", { reason: reasonWords(agent.pending) })}</Badge>}
      </span>
    ),
  },
  {
    id: "since",
    label: t("floor.since"),
    number: true,
    sort: (agent) => -agent.since_ms,
    cell: (agent) => (agent.state === "logged_out" ? "–" : <Elapsed since={agent.since_ms} />),
  },
  { id: "tier", label: t("floor.tier"), wide: true, cell: (agent) => <TierBadge tier={agent.tier} /> },
  {
    id: "answered",
    label: t("floor.answered"),
    number: true,
    wide: true,
    sort: (agent) => agent.figures.answered,
    cell: (agent) => number(agent.figures.answered),
  },
  {
    id: "missed",
    label: t("floor.missed"),
    number: true,
    wide: true,
    sort: (agent) => agent.figures.missed,
    cell: (agent) => number(agent.figures.missed),
  },
  {
    id: "handled",
    label: t("floor.handle_time"),
    number: true,
    wide: true,
    sort: (agent) => meanHandle(agent),
    cell: (agent) => {
      const mean = meanHandle(agent);
      return mean === null ? "–" : <Duration ms={mean} />;
    },
  },
  {
    id: "occupancy",
    label: t("floor.occupancy"),
    number: true,
    wide: true,
    sort: (agent) => agent.figures.occupancy,
    cell: (agent) => (agent.figures.occupancy === null ? "–" : percent(agent.figures.occupancy)),
  },
];

export const meanHandle = (agent: AgentEntry): number | null =>
  agent.figures.answered > 0 ? agent.figures.handle_ms / agent.figures.answered : null;

export function AgentsCard() {
  const columns = useMemo(columnsOf, [locale.value]);
  const which = keptState<Which>("floor.agents.which", "signed_in");
  const search = keptState("floor.agents.search", "");
  const filter = useMemo(
    () => (agent: AgentEntry) =>
      FITS[which.value](agent.state) && agent.name.toLocaleLowerCase().includes(search.value.toLocaleLowerCase()),
    [],
  );
  const choices: readonly { value: Which; label: string }[] = [
    { value: "signed_in", label: t("floor.signed_in") },
    { value: "ready", label: t("state.ready") },
    { value: "busy", label: t("floor.busy") },
    { value: "not_ready", label: t("state.not_ready") },
    { value: "all", label: t("floor.all") },
  ];
  return (
    <Card title={t("floor.agents")}>
      <div class="row wrap filters">
        <Segments
          label={t("floor.which_agents")}
          choices={choices}
          value={which.value}
          onChoose={(value) => {
            which.value = value;
          }}
        />
        <div class="grow search">
          <SearchField label={t("floor.search_agent")} text={search} />
        </div>
      </div>
      <Table
        label={t("floor.agents")}
        columns={columns}
        keys={store.names("agent")}
        read={readAgent}
        filter={filter}
        sorting={keptState<Sorting>("floor.agents.sorting", { column: "state", down: false })}
        onOpen={(id) => go(agentAddress(id))}
        cards
        empty={<Empty title={t("floor.no_agents")} />}
      />
    </Card>
  );
}

const readAgent = (id: string) => store.entry(`agent/${id}`);
