// The whole floor in a line of figures.

import { Figure } from "../../components/Card.tsx";
import { Elapsed } from "../../components/Clock.tsx";
import { number } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";

export function Totals() {
  const totals = store.entry("center").value?.totals;
  if (totals === undefined) return null;
  const since = totals.longest_wait_since_ms;
  return (
    <section class="card totals" aria-label={t("floor.totals")}>
      <dl class="figures">
        <Figure label={t("floor.waiting")} tone={totals.waiting > 0 ? "warn" : undefined}>
          {number(totals.waiting)}
        </Figure>
        <Figure label={t("floor.longest_wait")}>{since === null ? "–" : <Elapsed since={since} />}</Figure>
        <Figure label={t("state.talking")} tone="talking">
          {number(totals.talking)}
        </Figure>
        <Figure label={t("state.ready")} tone="ready">
          {number(totals.ready)}
        </Figure>
        <Figure label={t("state.reserved")} tone="reserved">
          {number(totals.reserved)}
        </Figure>
        <Figure label={t("state.wrap_up")} tone="wrap_up">
          {number(totals.wrap_up)}
        </Figure>
        <Figure label={t("state.not_ready")} tone="not_ready">
          {number(totals.not_ready)}
        </Figure>
        <Figure label={t("state.logged_out")} tone="logged_out">
          {number(totals.logged_out)}
        </Figure>
      </dl>
    </section>
  );
}
