// What is always beside the work: the phone, the own queues, the own day.

import { useComputed } from "@preact/signals";
import { Badge, DeviceBadge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Figure, Notice } from "../../components/Card.tsx";
import { Duration, Elapsed, Meter } from "../../components/Clock.tsx";
import { number, percent, time } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { isLive, now, store } from "../../live/index.ts";
import { useShortcuts } from "../../shortcuts.ts";
import type { AgentState } from "../../types.ts";
import { queueStateWords, queueWords } from "../../words.ts";
import { figuresAt } from "./figures.ts";
import { askPermission, permission } from "./notifying.ts";
import { choosingPhone, hasNoPhone, PhoneDialog } from "./PhoneDialog.tsx";
import { isBlocked, muted, tryIt, volume } from "./ringing.ts";

/** While a call is at the phone it stays. */
const MAY_CHANGE: ReadonlySet<AgentState> = new Set(["not_ready", "ready", "wrap_up"]);

const mayChange = (): boolean => isLive.value && MAY_CHANGE.has(store.entry("state").value?.state ?? "logged_out");

function change(): void {
  choosingPhone.value = true;
}

/** In the card, or where it has to be done first. */
const ChangePhone = () => (
  <Button size="small" disabled={!mayChange()} shortcut="p" onClick={change}>
    {t(hasNoPhone() ? "agent.choose_phone" : "agent.change_phone")}
  </Button>
);

export function PhoneCard() {
  const device = store.entry("device").value;
  const phone = store.entry("phone").value;
  useShortcuts([
    { key: "m", label: "agent.key_mute", group: "agent.keys_state", run: toggleMute },
    { key: "p", label: "agent.change_phone", group: "agent.keys_state", when: mayChange(), run: change },
  ]);
  return (
    <Card title={t("agent.your_phone")} aside={device && phone?.device && <DeviceBadge device={device} />}>
      <div class="row wrap">
        <span class="grow any">
          {phone?.device ?? t("agent.no_phone")} {phone?.chosen && <Badge>{t("agent.phone_chosen")}</Badge>}
        </span>
        {!hasNoPhone() && <ChangePhone />}
      </div>
      {choosingPhone.value && <PhoneDialog />}
      <div class="sound">
        <Button
          kind="quiet"
          size="small"
          icon={muted.value ? "muted" : "sound"}
          label={muted.value ? t("agent.unmute") : t("agent.mute")}
          pressed={muted.value}
          onClick={toggleMute}
        />
        <input
          type="range"
          min={0}
          max={100}
          step={5}
          value={Math.round(volume.value * 100)}
          disabled={muted.value}
          aria-label={t("agent.volume")}
          aria-valuetext={percent(volume.value)}
          onInput={(event) => {
            volume.value = event.currentTarget.valueAsNumber / 100;
          }}
        />
        <Button kind="quiet" size="small" disabled={muted.value} onClick={tryIt}>
          {t("agent.try_sound")}
        </Button>
      </div>
      {isBlocked.value && !muted.value && <p class="small soft">{t("agent.sound_blocked")}</p>}
      {permission.value === "default" && (
        <Button kind="quiet" size="small" icon="bell" onClick={() => void askPermission()}>
          {t("agent.notify_me")}
        </Button>
      )}
      {permission.value === "denied" && <p class="small soft">{t("agent.notify_denied")}</p>}
    </Card>
  );
}

function toggleMute(): void {
  muted.value = !muted.peek();
}

export function QueuesCard() {
  const names = store.names("queue").value;
  return (
    <Card title={t("agent.your_queues")}>
      <table class="own-queues">
        <thead>
          <tr>
            <th scope="col">{t("agent.queue")}</th>
            <th scope="col" class="number">
              {t("agent.waiting")}
            </th>
            <th scope="col" class="number">
              {t("agent.longest")}
            </th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <QueueRow key={name} name={name} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function QueueRow({ name }: { readonly name: string }) {
  const queue = store.entry(`queue/${name}`).value;
  if (queue === undefined) return null;
  return (
    <tr>
      <th scope="row" class="any">
        {queueWords(name, queue.label)}
        {queue.state !== "open" && (
          <>
            {" "}
            <Badge tone={queue.state === "closed" ? "bad" : "warn"}>{queueStateWords(queue.state)}</Badge>
          </>
        )}
      </th>
      <td class={`number ${queue.waiting ? "strong" : "soft"}`}>{number(queue.waiting)}</td>
      <td class="number">
        {queue.oldest_ms === null ? <span class="soft">–</span> : <Elapsed since={queue.oldest_ms} />}
      </td>
    </tr>
  );
}

export function FiguresCard() {
  const counted = store.entry("figures").value;
  const state = store.entry("state").value?.state;
  const seconds = useComputed(() => Math.floor(now.value / 1000)).value;
  if (!counted || !state) return null;
  const figures = figuresAt(counted, state, seconds * 1000);
  return (
    <Card
      title={t("agent.your_day")}
      aside={
        figures.signed_in_since_ms && (
          <span class="small soft">{t("agent.signed_in_at", { time: time(figures.signed_in_since_ms) })}</span>
        )
      }
    >
      <dl class="figures">
        <Figure label={t("agent.answered")}>{number(figures.answered)}</Figure>
        <Figure label={t("agent.missed")} tone={figures.missed ? "warn" : undefined}>
          {number(figures.missed)}
        </Figure>
        <Figure label={t("agent.average_talk")}>
          {figures.answered ? <Duration ms={figures.talk_ms / figures.answered} /> : "–"}
        </Figure>
        <Figure label={t("agent.talked")}>
          <Duration ms={figures.talk_ms} />
        </Figure>
        <Figure label={t("state.wrap_up")}>
          <Duration ms={figures.wrap_up_ms} />
        </Figure>
        <Figure label={t("state.not_ready")}>
          <Duration ms={figures.not_ready_ms} />
        </Figure>
      </dl>
      {figures.occupancy !== null && (
        <div class="occupancy">
          <div class="row apart small">
            <span class="soft">{t("agent.occupancy")}</span>
            <span class="strong number">{percent(figures.occupancy)}</span>
          </div>
          <Meter share={figures.occupancy} />
        </div>
      )}
    </Card>
  );
}

/** Why no call can come, where that is so. */
export function PhoneWarnings() {
  const lost = (store.entry("pbxs").value ?? []).filter((pbx) => !pbx.up).map((pbx) => pbx.name);
  if (lost.length > 0) {
    return (
      <Notice tone="warn" say>
        {t("agent.pbx_lost", { name: lost.join(", ") })}
      </Notice>
    );
  }
  if (hasNoPhone()) {
    return (
      <Notice tone="warn" say aside={<ChangePhone />}>
        <strong>{t("agent.no_phone")}</strong> {t("agent.no_phone_hint")}
      </Notice>
    );
  }
  return store.entry("device").value === "unreachable" ? (
    <Notice tone="warn" say>
      {t("agent.phone_unreachable")}
    </Notice>
  ) : null;
}
