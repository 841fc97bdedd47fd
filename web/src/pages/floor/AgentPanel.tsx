// One agent beside the floor: state and day, what is in hand, and what a supervisor may do about it.

import { useSignal } from "@preact/signals";
import { api, at } from "../../api.ts";
import { Action, Refused, useOrder } from "../../components/Action.tsx";
import { Badge, DeviceBadge, StateBadge, TierBadge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Facts, Notice } from "../../components/Card.tsx";
import { Duration, Elapsed } from "../../components/Clock.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Select, TextField } from "../../components/Field.tsx";
import { Link } from "../../components/Link.tsx";
import { list, number, percent } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { readable } from "../../i18n/names.ts";
import { isLive, store } from "../../live/index.ts";
import { go } from "../../router.ts";
import { may, me } from "../../session.ts";
import type { AgentEntry } from "../../types.ts";
import { queueWords, reasonWords } from "../../words.ts";
import { meanHandle } from "./AgentsCard.tsx";
import { contactAddress } from "./ContactsCard.tsx";

interface PanelProps {
  readonly id: string;
  readonly onClose: () => void;
}

export function AgentPanel({ id, onClose }: PanelProps) {
  const agent = store.entry(`agent/${id}`).value;
  return (
    <Dialog kind="panel" onClose={onClose} title={agent?.name ?? id}>
      {agent === undefined ? (
        <Notice say>{t("floor.agent_gone")}</Notice>
      ) : (
        <>
          <Now agent={agent} />
          {may("listen") && agent.state === "talking" && agent.id !== me.value?.id && <Listening agent={agent} />}
          {may("manage_agents") && <StateOrder agent={agent} />}
          {may("manage_agents") && <Skills agent={agent} />}
          {may("send_messages") && (
            <div>
              <Button icon="message" onClick={() => go(`/floor?message=${encodeURIComponent(`agent:${agent.id}`)}`)}>
                {t("floor.message_to", { name: agent.name })}
              </Button>
            </div>
          )}
        </>
      )}
    </Dialog>
  );
}

function Now({ agent }: { readonly agent: AgentEntry }) {
  const { figures } = agent;
  const mean = meanHandle(agent);
  return (
    <Facts
      facts={[
        [
          t("floor.state"),
          <span class="row wrap">
            <StateBadge state={agent.state} />
            {agent.reason && <span class="soft">{reasonWords(agent.reason)}</span>}
            {agent.state !== "logged_out" && <Elapsed since={agent.since_ms} />}
          </span>,
        ],
        [t("floor.then_label"), agent.pending && reasonWords(agent.pending)],
        [
          t("floor.phone"),
          <span class="row wrap">
            {agent.phone.device ?? t("floor.no_phone")}
            {agent.phone.chosen && <Badge>{t("agent.phone_chosen")}</Badge>}
            {agent.phone.device && <DeviceBadge device={agent.device} />}
          </span>,
        ],
        [
          t("floor.contact"),
          agent.contact && (
            <span class="row wrap">
              <Link to={contactAddress(agent.contact)}>{t("floor.look_at_contact")}</Link>
              <TierBadge tier={agent.tier} />
              {agent.direction === "out" && <Badge>{t("floor.outbound")}</Badge>}
              {agent.on_hold && <Badge tone="warn">{t("floor.on_hold")}</Badge>}
            </span>
          ),
        ],
        [t("floor.queues"), list(agent.queues.map((name) => queueWords(name)))],
        [t("floor.answered"), number(figures.answered)],
        [t("floor.missed"), number(figures.missed)],
        [t("floor.handle_time"), mean !== null && <Duration ms={mean} />],
        [t("floor.occupancy"), figures.occupancy !== null && percent(figures.occupancy)],
      ]}
    />
  );
}

/** The supervisor's own phone rings; what the customer hears is said beside each way. */
function Listening({ agent }: { readonly agent: AgentEntry }) {
  const order = useOrder();
  const listen = (mode: string) => () => api.post(at("agents", agent.id, "listen"), { mode });
  const off = !isLive.value;
  return (
    <Card title={t("floor.listening")}>
      <div class="stack tight">
        <div class="row wrap">
          <Action act={listen("listen")} order={order} disabled={off} icon="sound">
            {t("floor.listen")}
          </Action>
          <Action act={listen("whisper")} order={order} disabled={off}>
            {t("floor.whisper")}
          </Action>
          <Action act={listen("barge")} order={order} disabled={off}>
            {t("floor.barge")}
          </Action>
          <Action
            act={() => api.post(at("agents", agent.id, "listen", "stop"))}
            order={order}
            disabled={off}
            kind="quiet"
          >
            {t("floor.stop_listening")}
          </Action>
        </div>
        <p class="soft small">{t("floor.listening_hint")}</p>
        <Refused order={order} />
      </div>
    </Card>
  );
}

function StateOrder({ agent }: { readonly agent: AgentEntry }) {
  const order = useOrder();
  const reason = useSignal("");
  const reasons = me.value?.not_ready_reasons ?? [];
  const set = (body: unknown) => () => api.post(at("agents", agent.id, "state"), body);
  const off = !isLive.value || agent.state === "logged_out";
  const chosen = reason.value || reasons[0] || "";
  return (
    <Card title={t("floor.set_state")}>
      <div class="stack tight">
        <div class="row wrap">
          <Action act={set({ state: "ready" })} order={order} disabled={off || agent.state === "ready"}>
            {t("state.ready")}
          </Action>
          <Action act={set({ state: "logged_out" })} order={order} disabled={off} kind="danger">
            {t("sign_out.button")}
          </Action>
        </div>
        <form
          class="order"
          onSubmit={(event) => {
            event.preventDefault();
            void order.run(set({ state: "not_ready", reason: chosen }));
          }}
        >
          <Select
            label={t("floor.not_ready_because")}
            value={chosen}
            onChange={(value) => {
              reason.value = value;
            }}
            options={reasons.map((name) => ({ value: name, label: reasonWords(name) }))}
          />
          <Button type="submit" disabled={off || chosen === ""}>
            {t("state.not_ready")}
          </Button>
        </form>
        <p class="soft small">{t("floor.state_hint")}</p>
        <Refused order={order} />
      </div>
    </Card>
  );
}

/** Levels from 1 to 10; 0 takes the skill away. They are sent together. */
function Skills({ agent }: { readonly agent: AgentEntry }) {
  const order = useOrder();
  const changed = useSignal<Readonly<Record<string, string>>>({});
  const added = useSignal("");
  const names = [...new Set([...Object.keys(agent.skills), ...Object.keys(changed.value)])].sort();
  const others = [...new Set(store.all("agent").flatMap((one) => Object.keys(one.skills)))]
    .filter((name) => !names.includes(name))
    .sort();
  const put = (name: string, level: string): void => {
    changed.value = { ...changed.value, [name]: level };
  };
  const send = async (): Promise<void> => {
    const levels = Object.entries({
      ...Object.fromEntries(Object.entries(agent.skills).map(([name, level]) => [name, String(level)])),
      ...changed.value,
    });
    const skills = levels.map(([name, level]) => [name, Number(level)] as const).filter(([, level]) => level > 0);
    await api.post(at("agents", agent.id, "skills"), { skills: Object.fromEntries(skills) });
    changed.value = {};
  };
  return (
    <Card title={t("floor.skills")}>
      <form
        class="stack tight"
        onSubmit={(event) => {
          event.preventDefault();
          void order.run(send);
        }}
      >
        <div class="skills">
          {names.map((name) => (
            <TextField
              key={name}
              label={readable(name)}
              type="number"
              native={{ min: 0, max: 10, step: 1, required: true }}
              value={changed.value[name] ?? String(agent.skills[name] ?? 0)}
              onInput={(level) => put(name, level)}
            />
          ))}
        </div>
        {others.length > 0 && (
          <Select
            label={t("floor.add_skill")}
            value={added.value}
            onChange={(name) => {
              if (name !== "") put(name, "1");
              added.value = "";
            }}
            options={[{ value: "", label: "–" }, ...others.map((name) => ({ value: name, label: readable(name) }))]}
          />
        )}
        <p class="soft small">{t("floor.skills_hint")}</p>
        <div>
          <Button
            type="submit"
            busy={order.busy.value}
            disabled={!isLive.value || Object.keys(changed.value).length === 0}
          >
            {t("floor.save_skills")}
          </Button>
        </div>
        <Refused order={order} />
      </form>
    </Card>
  );
}
