// Why a contact stands where it stands: the rule, what it asks for, its place, and for each agent the one reason why not.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, at, Refusal } from "../../api.ts";
import { Card, Facts, Notice } from "../../components/Card.tsx";
import { list } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";
import type { Explanation, WhyAnswer } from "../../types.ts";

const ASK_AGAIN_MS = 3_000; // it is worked out anew for each question, so it is not asked with each beat

export function Why({ id }: { readonly id: string }) {
  const answer = useSignal<WhyAnswer | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const standing = store.entry(`contact/${id}`).value; // asked again when the contact itself has changed
  useEffect(() => {
    const leaving = new AbortController();
    const ask = (): void => {
      api.get<WhyAnswer>(at("contacts", id, "why"), {}, leaving.signal).then(
        (said) => {
          answer.value = said;
          refusal.value = null;
        },
        (failure: unknown) => {
          if (failure instanceof Refusal) refusal.value = failure;
        },
      );
    };
    ask();
    const again = setInterval(ask, ASK_AGAIN_MS);
    return () => {
      clearInterval(again);
      leaving.abort();
    };
  }, [id, standing]);
  const explanation = answer.value?.explanation;
  return (
    <Card title={t("why.title")}>
      {refusal.value && <Notice tone="warn">{`${refusal.value.message} ${refusal.value.remedy}`}</Notice>}
      {explanation && <Told explanation={explanation} leftOff={answer.value?.agents_left_off ?? 0} />}
    </Card>
  );
}

function Told({ explanation, leftOff }: { readonly explanation: Explanation; readonly leftOff: number }) {
  const place = explanation.place === null ? null : { place: explanation.place, of: explanation.waiting };
  return (
    <div class="stack">
      <Facts
        facts={[
          [t("why.rule"), explanation.rule],
          [t("why.because"), explanation.because],
          [t("why.place"), place && t("why.place_of", place)],
          [t("why.needs"), explanation.needs.length > 0 && list(explanation.needs)],
          [t("why.relaxed"), explanation.relaxed.length > 0 && list(explanation.relaxed)],
        ]}
      />
      <ul class="reasons" aria-label={t("why.agents")}>
        {explanation.agents.map((agent) => (
          <li key={agent.agent}>
            <span class="strong">{agent.name}</span> <span class="soft">{agent.words}</span>
          </li>
        ))}
      </ul>
      {leftOff > 0 && <p class="soft">{t("why.more_agents", { count: leftOff })}</p>}
    </div>
  );
}
