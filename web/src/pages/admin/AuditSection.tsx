// Who changed what, from where, and what it was before: the newest first, page by page.

import { useSignal } from "@preact/signals";
import { useAnswer } from "../../answer.ts";
import { api, type Query } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Card, Empty } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { TextField } from "../../components/Field.tsx";
import { t } from "../../i18n/index.ts";
import { keptState } from "../../router.ts";

interface Change {
  readonly number: number;
  readonly at_ms: number;
  readonly by: string;
  readonly via: string;
  readonly address: string;
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly outcome: string;
}

interface Records {
  readonly records: readonly Change[];
  readonly next: number | null;
}

export function AuditSection() {
  const by = keptState("admin.audit.by", "");
  const action = keptState("admin.audit.action", "");
  const query: Query = { by: by.value.trim() || null, action: action.value.trim() || null, limit: 50 };
  const asked = useAnswer<Records>("audit", query);
  return (
    <Card title={t("admin.audit")}>
      <div class="row wrap filters">
        <TextField
          label={t("admin.by")}
          value={by.value}
          onInput={(value) => {
            by.value = value;
          }}
        />
        <TextField
          label={t("admin.action")}
          value={action.value}
          onInput={(value) => {
            action.value = value;
          }}
        />
      </div>
      <Answered asked={asked}>
        {(found) => <Pages key={JSON.stringify([query, found.records[0]?.number])} first={found} query={query} />}
      </Answered>
    </Card>
  );
}

function Pages({ first, query }: { readonly first: Records; readonly query: Query }) {
  const records = useSignal(first.records);
  const next = useSignal(first.next);
  const more = async (): Promise<void> => {
    const page = await api.get<Records>("audit", { ...query, cursor: next.peek() });
    records.value = [...records.peek(), ...page.records];
    next.value = page.next;
  };
  if (records.value.length === 0) return <Empty title={t("admin.no_records")} />;
  return (
    <div class="stack">
      <div class="table-scroll">
        <table class="cards" aria-label={t("admin.audit")}>
          <thead>
            <tr>
              <th scope="col">{t("admin.at")}</th>
              <th scope="col">{t("admin.by")}</th>
              <th scope="col">{t("admin.action")}</th>
              <th scope="col">{t("admin.subject")}</th>
              <th scope="col">{t("admin.outcome")}</th>
              <th scope="col">{t("admin.before_after")}</th>
            </tr>
          </thead>
          <tbody>
            {records.value.map((change) => (
              <tr key={change.number}>
                <td>
                  <Moment ms={change.at_ms} />
                </td>
                <td data-label={t("admin.by")}>
                  {change.by} <span class="soft small">{change.address}</span>
                </td>
                <td data-label={t("admin.action")}>{change.action}</td>
                <td data-label={t("admin.subject")} class="any">
                  {change.subject}
                </td>
                <td data-label={t("admin.outcome")}>{change.outcome}</td>
                <td>
                  {(change.before !== null || change.after !== null) && (
                    <details>
                      <summary>{t("admin.before_after")}</summary>
                      <pre class="change">
                        {JSON.stringify({ before: change.before, after: change.after }, null, 1)}
                      </pre>
                    </details>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {next.value !== null && (
        <div>
          <Action act={more}>{t("admin.older")}</Action>
        </div>
      )}
    </div>
  );
}
