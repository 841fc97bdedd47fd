// One queue beside the floor: today's figures with the formula of the service level, its state, and who serves it.

import { api, at } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { QueueStateBadge, StateBadge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Facts, Notice, Segments } from "../../components/Card.tsx";
import { Duration, Elapsed } from "../../components/Clock.tsx";
import { confirm, Dialog } from "../../components/Dialog.tsx";
import { Link } from "../../components/Link.tsx";
import { compareNames, number, percent } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { go } from "../../router.ts";
import { may } from "../../session.ts";
import type { QueueEntry, QueueState } from "../../types.ts";
import { formulaWords, queueStateWords, queueWords } from "../../words.ts";
import { agentAddress } from "./AgentsCard.tsx";
import { notReadyOf, reasonsOf } from "./QueuesCard.tsx";

interface PanelProps {
  readonly name: string;
  readonly onClose: () => void;
}

export function QueuePanel({ name, onClose }: PanelProps) {
  const queue = store.entry(`queue/${name}`).value;
  return (
    <Dialog kind="panel" onClose={onClose} title={queueWords(name, queue?.label)}>
      {queue === undefined ? (
        <Notice say>{t("floor.queue_gone")}</Notice>
      ) : (
        <>
          {may("manage_queues") ? <StateOrder queue={queue} /> : <QueueStateBadge state={queue.state} />}
          <FactsOf queue={queue} />
          <Serving queue={queue} />
          {may("send_messages") && (
            <div>
              <Button icon="message" onClick={() => go(`/floor?message=${encodeURIComponent(`queue:${name}`)}`)}>
                {t("floor.message_to", { name: queueWords(name, queue.label) })}
              </Button>
            </div>
          )}
        </>
      )}
    </Dialog>
  );
}

function StateOrder({ queue }: { readonly queue: QueueEntry }) {
  const order = useOrder();
  const choices = (["open", "drained", "closed"] as const).map((value) => ({
    value,
    label: queueStateWords(value),
    tone: { open: "good", drained: "warn", closed: "bad" }[value],
  }));
  const choose = async (state: QueueState): Promise<void> => {
    const name = queueWords(queue.name, queue.label);
    const sure =
      state !== "closed" ||
      queue.waiting === 0 ||
      (await confirm({
        title: t("floor.close_title", { name }),
        text: t("floor.close_text", { count: queue.waiting }),
        yes: t("floor.close_queue"),
        danger: true,
      }));
    if (sure) await order.run(() => api.post(at("queues", queue.name, "state"), { state }));
  };
  return (
    <div class="stack tight">
      <Segments
        label={t("floor.queue_state")}
        choices={choices}
        value={queue.state}
        disabled={!isLive.value}
        onChoose={(state) => void choose(state)}
      />
      <Refused order={order} />
    </div>
  );
}

const share = (value: number | null | undefined): string => (value == null ? "–" : percent(value));

function FactsOf({ queue }: { readonly queue: QueueEntry }) {
  const level = queue.service_level;
  return (
    <Facts
      facts={[
        [t("floor.waiting"), number(queue.waiting)],
        [t("floor.longest_wait"), queue.oldest_ms === null ? "–" : <Elapsed since={queue.oldest_ms} />],
        [t("floor.service_level_now"), share(level?.now)],
        [t("floor.service_level_today"), share(level?.today)],
        [t("floor.formula"), level && formulaWords(level.formula, level.threshold_ms)],
        [t("floor.answered"), number(queue.answered ?? 0)],
        [t("floor.abandoned"), number(queue.abandoned ?? 0)],
        [t("floor.short_abandoned"), number(queue.short_abandoned ?? 0)],
        [t("floor.overflowed"), number(queue.overflowed ?? 0)],
        [
          t("floor.speed_of_answer"),
          queue.average_speed_of_answer_ms == null ? "–" : <Duration ms={queue.average_speed_of_answer_ms} />,
        ],
        [t("state.not_ready"), notReadyOf(queue) > 0 && reasonsOf(queue)],
      ]}
    />
  );
}

function Serving({ queue }: { readonly queue: QueueEntry }) {
  const agents = store
    .all("agent")
    .filter((agent) => agent.queues.includes(queue.name))
    .sort((one, other) => compareNames(one.name, other.name));
  return (
    <Card title={t("floor.agents")}>
      <ul class="stack tight">
        {agents.map((agent) => (
          <li key={agent.id} class="row apart">
            <Link to={agentAddress(agent.id)}>{agent.name}</Link>
            <StateBadge state={agent.state} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
