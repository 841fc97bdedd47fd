// What is out of bounds now, the worst first; and what the whole center should know: a PBX that is away, no offers.

import { Notice } from "../../components/Card.tsx";
import { Elapsed } from "../../components/Clock.tsx";
import { Link } from "../../components/Link.tsx";
import { t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";
import type { AlertEntry } from "../../types.ts";
import { alertWords } from "./alertWords.ts";

const byWeight = (one: AlertEntry, other: AlertEntry): number =>
  Number(one.level !== "critical") - Number(other.level !== "critical") || one.since_ms - other.since_ms;

export function Alerts() {
  const center = store.entry("center").value;
  const alerts = [...store.all("alert")].sort(byWeight);
  return (
    <div class="stack tight" role="log" aria-label={t("floor.alerts")}>
      {center?.pbxs
        .filter((pbx) => !pbx.up)
        .map((pbx) => (
          <Notice key={pbx.name} tone="bad" say>
            {t("floor.pbx_away", { name: pbx.name })}
          </Notice>
        ))}
      {center?.offering_stopped_by && (
        <Notice tone="warn" say>
          {t("floor.offering_stopped", { by: center.offering_stopped_by })}
        </Notice>
      )}
      {alerts.map((alert) => (
        <Notice
          key={alert.id}
          tone={alert.level === "critical" ? "bad" : "warn"}
          say
          aside={<Elapsed since={alert.since_ms} />}
        >
          {alert.queue === null ? (
            alertWords(alert)
          ) : (
            <Link to={`/floor?queue=${encodeURIComponent(alert.queue)}`}>{alertWords(alert)}</Link>
          )}
        </Notice>
      ))}
    </div>
  );
}
