// The floor on a wall: few figures, large, readable from across the room, and what is amiss in colour and in words.
//
// The one idea: nothing here is clicked. A screen that nobody touches signs in as a viewer and stays; ?queues=sales,support
// chooses what it shows, and the Escape key or the link in the corner leads back.

import { useComputed } from "@preact/signals";
import { Dot } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Elapsed, Meter, TimeOfDay } from "../../components/Clock.tsx";
import { Page } from "../../components/Page.tsx";
import { number, percent } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { store, useView } from "../../live/index.ts";
import { go, here } from "../../router.ts";
import { useShortcuts } from "../../shortcuts.ts";
import type { QueueEntry } from "../../types.ts";
import { queueStateWords, queueWords, stateWords } from "../../words.ts";
import { alertWords } from "../floor/alertWords.ts";
import { notReadyOf } from "../floor/QueuesCard.tsx";

const STATES = ["ready", "talking", "wrap_up", "not_ready"] as const;

export default function WallPage() {
  useView("floor");
  useShortcuts([
    { key: "escape", label: "wall.leave", group: "nav.wall", run: () => go("/floor") },
    { key: "f", label: "wall.full_screen", group: "nav.wall", run: fullScreen },
  ]);
  const wanted = here.value.query.get("queues")?.split(",") ?? [];
  const names = useComputed(() => {
    const asked = here.value.query.get("queues")?.split(",") ?? [];
    return store.names("queue").value.filter((name) => asked.length === 0 || asked.includes(name));
  });
  return (
    <Page
      title={t("nav.wall")}
      quietTitle
      class="wall"
      aside={
        <div class="wall-head">
          <WallTotals />
          <div class="row">
            <span class="wall-time">
              <TimeOfDay />
            </span>
            <Button kind="quiet" onClick={fullScreen}>
              {t("wall.full_screen")}
            </Button>
            <Button kind="quiet" icon="out" label={t("wall.leave")} onClick={() => go("/floor")} />
          </div>
        </div>
      }
    >
      <WallAlerts of={wanted} />
      <div class="wall-queues">
        {names.value.map((name) => (
          <WallQueue key={name} name={name} />
        ))}
      </div>
    </Page>
  );
}

function fullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => undefined); // the browser may forbid it
}

function WallTotals() {
  const totals = store.entry("center").value?.totals;
  if (totals === undefined) return null;
  return (
    <div class="row wrap wall-totals">
      {STATES.map((state) => (
        <Dot key={state} tone={state}>
          {stateWords(state)} {number(totals[state])}
        </Dot>
      ))}
    </div>
  );
}

function WallAlerts({ of }: { readonly of: readonly string[] }) {
  const alerts = store.all("alert").filter((one) => of.length === 0 || one.queue === null || of.includes(one.queue));
  const away = store.entry("center").value?.pbxs.filter((pbx) => !pbx.up) ?? [];
  if (alerts.length + away.length === 0) return null;
  return (
    <div class="wall-alerts" role="log" aria-label={t("floor.alerts")}>
      {away.map((pbx) => (
        <p key={pbx.name} data-tone="bad">
          {t("floor.pbx_away", { name: pbx.name })}
        </p>
      ))}
      {alerts.map((alert) => (
        <p key={alert.id} data-tone={alert.level === "critical" ? "bad" : "warn"}>
          {alertWords(alert)}
        </p>
      ))}
    </div>
  );
}

const toneOf = (queue: QueueEntry): string | undefined =>
  queue.alert === "critical" ? "bad" : queue.alert === "warning" ? "warn" : undefined;

function WallQueue({ name }: { readonly name: string }) {
  const queue = store.entry(`queue/${name}`).value;
  if (queue === undefined) return null;
  const level = queue.service_level?.now ?? queue.service_level?.today ?? null;
  return (
    <section class="wall-queue" data-tone={toneOf(queue)} aria-label={queueWords(queue.name, queue.label)}>
      <h2 class="row apart">
        <span class="any">{queueWords(queue.name, queue.label)}</span>
        {queue.state !== "open" && <span class="wall-state">{queueStateWords(queue.state)}</span>}
      </h2>
      <dl class="wall-figures">
        <div>
          <dt>{t("floor.waiting")}</dt>
          <dd class="wall-big">{number(queue.waiting)}</dd>
        </div>
        <div>
          <dt>{t("floor.longest_wait")}</dt>
          <dd class="wall-big">{queue.oldest_ms === null ? "–" : <Elapsed since={queue.oldest_ms} />}</dd>
        </div>
        <div class="wall-level">
          <dt>{t("wall.service_level")}</dt>
          <dd>{level === null ? "–" : percent(level)}</dd>
          <Meter share={level ?? 0} tone={toneOf(queue) ?? "good"} />
        </div>
        <div>
          <dt>{t("state.ready")}</dt>
          <dd>{number(queue.agents_ready)}</dd>
        </div>
        <div>
          <dt>{t("state.talking")}</dt>
          <dd>{number(queue.talking ?? queue.connected)}</dd>
        </div>
        <div>
          <dt>{t("state.not_ready")}</dt>
          <dd>{number(notReadyOf(queue))}</dd>
        </div>
        <div>
          <dt>{t("floor.answered")}</dt>
          <dd>{number(queue.answered ?? 0)}</dd>
        </div>
        <div>
          <dt>{t("floor.abandoned")}</dt>
          <dd>{number(queue.abandoned ?? 0)}</dd>
        </div>
      </dl>
    </section>
  );
}
