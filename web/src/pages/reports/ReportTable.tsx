// A report's rows and its total. What cannot be said is an empty cell, never 0.

import { useSignal } from "@preact/signals";
import { Button } from "../../components/Button.tsx";
import { Duration } from "../../components/Clock.tsx";
import { date, number, percentFine } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Group, Interval, ReportKind } from "./choice.ts";
import { columnWords, GROUP_WORDS, intervalWords, isBrief, nameWords } from "./reportWords.ts";

export interface ReportColumn {
  readonly key: string;
  readonly unit: "count" | "ms" | "share";
  readonly formula: string;
}

type Cells = Readonly<Record<string, string | number | null>>;

interface ReportRow extends Cells {
  readonly from_ms: number;
  readonly label: string;
}

export interface Report {
  readonly report: ReportKind;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly by: Interval | null;
  readonly group: readonly Group[];
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly ReportRow[];
  readonly total: Cells;
  readonly notes: readonly string[];
}

const AT_ONCE = 500;

interface ReportTableProps {
  readonly report: Report;
  readonly label: string;
  readonly allColumns: boolean;
}

export function ReportTable({ report, label, allColumns }: ReportTableProps) {
  const shown = useSignal(AT_ONCE);
  const columns = report.columns.filter(({ key }) => allColumns || isBrief(report.report, key));
  // Where nothing tells rows apart there is one, and it is of the whole range.
  const heads = [
    ...(report.by !== null || report.group.length === 0 ? [t("reports.interval")] : []),
    ...report.group.map((group) => t(GROUP_WORDS[group])),
  ];
  const rows = report.rows.slice(0, shown.value);
  return (
    <div class="stack tight">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: so that the arrow keys move a table wider than the screen */}
      <section class="table-scroll report" aria-label={label} tabIndex={0}>
        <table aria-label={label}>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
              {columns.map(({ key, formula }) => (
                <th key={key} scope="col" class="number" title={formula}>
                  {columnWords(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <tr key={place}>
                {headsOf(report, row).map((words, at) =>
                  at === 0 ? (
                    <th key={heads[at]} scope="row">
                      {words}
                    </th>
                  ) : (
                    <td key={heads[at]}>{words}</td>
                  ),
                )}
                {columns.map((column) => (
                  <Cell key={column.key} column={column} cells={row} />
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{t("reports.total")}</th>
              {heads.slice(1).map((head) => (
                <td key={head} />
              ))}
              {columns.map((column) => (
                <Cell key={column.key} column={column} cells={report.total} />
              ))}
            </tr>
          </tfoot>
        </table>
      </section>
      {rows.length < report.rows.length && (
        <div class="row wrap">
          <Button
            onClick={() => {
              shown.value += AT_ONCE;
            }}
          >
            {t("reports.more_rows")}
          </Button>
          <span class="soft">{t("reports.rows_shown", { shown: rows.length, all: report.rows.length })}</span>
        </div>
      )}
    </div>
  );
}

function headsOf(report: Report, row: ReportRow): readonly string[] {
  const names = report.group.map((group) => nameWords(group, textOrNull(row[group])));
  if (report.by !== null) return [intervalWords(report.by, row.from_ms, row.label), ...names];
  return names.length > 0 ? names : [rangeWords(report)];
}

/** `to_ms` is the first moment that is not in the report any more. */
function rangeWords(report: Report): string {
  const [first, last] = [date(report.from_ms), date(report.to_ms - 1)];
  return first === last ? first : `${first} – ${last}`;
}

const textOrNull = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

function Cell({ column, cells }: { readonly column: ReportColumn; readonly cells: Cells }) {
  const value = cells[column.key];
  return <td class="number">{typeof value === "number" && <Value column={column} value={value} />}</td>;
}

/** A value as people write it; "–" where it cannot be said. */
export function Value({ column, value }: { readonly column: ReportColumn; readonly value: Cells[string] | undefined }) {
  if (typeof value !== "number") return <>–</>;
  if (column.unit === "share") return <>{percentFine(value)}</>;
  if (column.unit === "count") return <>{number(value)}</>;
  return <Duration ms={Math.round(value / 1_000) * 1_000} />;
}
