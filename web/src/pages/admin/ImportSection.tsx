// A table of the staff, taken whole or not at all: first what it would do, row by row, then doing it.

import { useSignal } from "@preact/signals";
import { api } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Badge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Notice } from "../../components/Card.tsx";
import { Checkbox } from "../../components/Field.tsx";
import { type Key, t } from "../../i18n/index.ts";
import { type Imported, plain } from "./staff.ts";

const WHAT: Record<string, { readonly label: Key; readonly tone: string }> = {
  added: { label: "admin.row_added", tone: "good" },
  changed: { label: "admin.row_changed", tone: "accent" },
  unchanged: { label: "admin.row_unchanged", tone: "logged_out" },
  removed: { label: "admin.row_removed", tone: "bad" },
};

export function ImportSection() {
  const order = useOrder();
  const table = useSignal<{ readonly name: string; readonly text: string } | null>(null);
  const prune = useSignal(false);
  const result = useSignal<Imported | null>(null);

  const send = (isDryRun: boolean): Promise<boolean> =>
    order.run(async () => {
      const query = new URLSearchParams({ dry_run: String(isDryRun), prune: String(prune.value) });
      if (!isDryRun && result.value) query.set("based_on", String(result.value.based_on));
      result.value = await api.post<Imported>(`staff/import?${query}`, table.value?.text ?? "");
    });
  const choose = async (file: File | undefined): Promise<void> => {
    result.value = null;
    order.clear();
    table.value = file === undefined ? null : { name: file.name, text: await file.text() };
    if (table.value) await send(true);
  };
  const shown = result.value;
  const changes = shown?.rows.filter((row) => row.what !== "unchanged") ?? [];
  return (
    <Card title={t("admin.import")}>
      <div class="stack">
        <p>
          {t("admin.import_hint")}{" "}
          <a href="/api/v1/staff/agents.csv" download="agents.csv">
            {t("admin.export")}
          </a>
        </p>
        <label class="field">
          <span class="field-label">{t("admin.file")}</span>
          <input type="file" accept=".csv,text/csv" onChange={(event) => void choose(event.currentTarget.files?.[0])} />
        </label>
        <Checkbox
          label={t("admin.prune")}
          checked={prune.value}
          onChange={(on) => {
            prune.value = on;
            if (table.value) void send(true);
          }}
        />
        <Refused order={order} />
        {shown && (
          <>
            {shown.dry_run ? (
              <Notice tone={shown.mistakes.length > 0 ? "bad" : "info"} say>
                {shown.mistakes.length > 0
                  ? t("admin.import_mistakes", { count: shown.mistakes.length + shown.mistakes_left_off })
                  : t("admin.import_would", counts(shown))}
              </Notice>
            ) : (
              <Notice tone="good" say>
                {t("admin.imported", { ...counts(shown), number: shown.version?.number ?? shown.based_on })}
              </Notice>
            )}
            {shown.mistakes.length > 0 && (
              <div class="table-scroll">
                <table aria-label={t("admin.mistakes")}>
                  <thead>
                    <tr>
                      <th scope="col">{t("admin.row")}</th>
                      <th scope="col">{t("admin.column")}</th>
                      <th scope="col">{t("admin.what")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.mistakes.map((mistake, index) => (
                      <tr key={`${mistake.row}-${index}`}>
                        <td>{mistake.row}</td>
                        <td>{mistake.column ?? "–"}</td>
                        <td>
                          <strong>{mistake.what}</strong> {mistake.remedy}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            {changes.length > 0 && <Rows rows={changes} />}
            {shown.dry_run && shown.mistakes.length === 0 && changes.length > 0 && (
              <div>
                <Button kind="primary" busy={order.busy.value} onClick={() => void send(false)}>
                  {t("admin.import_now")}
                </Button>
              </div>
            )}
          </>
        )}
      </div>
    </Card>
  );
}

const counts = (shown: Imported): { added: number; changed: number; removed: number } => ({
  added: shown.counts["added"] ?? 0,
  changed: shown.counts["changed"] ?? 0,
  removed: shown.counts["removed"] ?? 0,
});

function Rows({ rows }: { readonly rows: Imported["rows"] }) {
  return (
    <div class="table-scroll">
      <table aria-label={t("admin.changes")}>
        <thead>
          <tr>
            <th scope="col">{t("admin.row")}</th>
            <th scope="col">{t("admin.id")}</th>
            <th scope="col">{t("admin.what")}</th>
            <th scope="col">{t("admin.fields")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const what = WHAT[row.what];
            return (
              <tr key={row.id}>
                <td>{row.row || "–"}</td>
                <td class="strong">{row.id}</td>
                <td>{what && <Badge tone={what.tone}>{t(what.label)}</Badge>}</td>
                <td>
                  {row.what === "changed" &&
                    Object.entries(row.fields).map(([field, change]) => (
                      <div key={field}>
                        <span class="soft">{field}</span> {plain(change.from)} → {plain(change.to)}
                      </div>
                    ))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
