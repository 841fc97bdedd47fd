// Between two contacts: what comes next, offers that were missed, and calling somebody.

import { Badge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { useShortcuts } from "../../shortcuts.ts";
import { callerWords, missedWords, queueWords } from "../../words.ts";
import { showDial } from "./DialOut.tsx";
import { hasNoPhone } from "./PhoneDialog.tsx";

export function Idle() {
  const state = store.entry("state").value;
  const ready = state?.state === "ready";
  const noPhone = hasNoPhone();
  const mayDial = isLive.value && !noPhone && (ready || state?.state === "not_ready");
  useShortcuts([{ key: "d", label: "agent.dial", group: "agent.keys_call", when: mayDial, run: showDial }]);
  return (
    <>
      <section class="card idle" data-tone={state?.state} aria-label={t("agent.no_contact")}>
        {ready && noPhone ? (
          <Empty title={t("agent.no_phone")}>{t("agent.no_phone_hint")}</Empty>
        ) : (
          <Empty title={ready ? t("agent.idle_ready") : t("agent.idle_not_ready")}>
            {ready ? t("agent.idle_ready_hint") : t("agent.idle_not_ready_hint")}
          </Empty>
        )}
        <Button icon="phone" disabled={!mayDial} shortcut="d" onClick={showDial}>
          {t("agent.dial")}
        </Button>
      </section>
      <Missed />
    </>
  );
}

function Missed() {
  const missed = store.entry("missed").value ?? [];
  if (missed.length === 0) return null;
  return (
    <Card
      title={t("agent.missed_offers")}
      aside={<Badge tone="warn">{t("agent.missed_count", { count: missed.length })}</Badge>}
    >
      <ul class="lines-list">
        {missed.map((one) => (
          <li key={`${one.at_ms}-${one.queue}`}>
            <span class="line-when soft">
              <Moment ms={one.at_ms} />
            </span>
            <span class="line-what strong any">{callerWords(one.caller)}</span>
            <span class="line-who soft">{queueWords(one.queue, store.entry(`queue/${one.queue}`).value?.label)}</span>
            <span class="line-more missed-why">{missedWords(one.reason)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
