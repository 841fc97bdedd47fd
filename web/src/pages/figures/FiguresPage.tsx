// An agent's own figures: its time, its offers and what it handled, today or this week.
//
// The one idea: it is the report that supervisors see, of oneself, so nobody is told another figure than one's
// supervisor. Each of its columns has a place here, those too that come later.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useAnswer } from "../../answer.ts";
import { Answered } from "../../components/Answered.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty, Figure, Notice, Segments } from "../../components/Card.tsx";
import { Page } from "../../components/Page.tsx";
import { t } from "../../i18n/index.ts";
import { store, useView } from "../../live/index.ts";
import { go, here } from "../../router.ts";
import { type Report, type ReportColumn, ReportTable, Value } from "../reports/ReportTable.tsx";
import { columnWords } from "../reports/reportWords.ts";
import { queryOf, type Range } from "./range.ts";

export default function FiguresPage() {
  useView("self");
  useDeskWhenOffered();
  const round = useSignal(0); // asked for once more, and of the day that it is by then
  const range: Range = here.value.query.get("range") === "week" ? "week" : "today";
  return (
    <Page
      title={t("nav.figures")}
      class="own-figures"
      aside={
        <Segments
          label={t("figures.range")}
          value={range}
          choices={[
            { value: "today", label: t("figures.today") },
            { value: "week", label: t("figures.week") },
          ]}
          onChoose={(value) => go(value === "week" ? "/figures?range=week" : "/figures", { replace: true })}
        />
      }
    >
      <div class="row wrap apart">
        <p class="soft small">{t("figures.hint")}</p>
        <Button
          size="small"
          onClick={() => {
            round.value += 1;
          }}
        >
          {t("common.refresh")}
        </Button>
      </div>
      <Figures key={`${range} ${round.value}`} range={range} />
    </Page>
  );
}

/** The desk rings and has the buttons; so an offer leads there. */
function useDeskWhenOffered(): void {
  const offered = store.entry("state").value?.state === "reserved";
  useEffect(() => {
    if (offered) go("/agent");
  }, [offered]);
}

const OFFERS = ["offers", "accepted", "declined", "expired", "withdrawn", "failed", "mean_ring_ms"];
const isTime = (key: string): boolean => key === "signed_in_ms" || key === "occupancy" || key.startsWith("time_");
const isOffer = (key: string): boolean => OFFERS.includes(key);

function Figures({ range }: { readonly range: Range }) {
  const asked = useAnswer<Report>("reports/agents", queryOf(range));
  return (
    <Answered asked={asked}>
      {(report) =>
        report.rows.length === 0 ? (
          <Empty title={t("reports.nothing")} />
        ) : (
          <>
            {report.notes.map((note) => (
              <Notice key={note}>{note}</Notice>
            ))}
            <div class="own-figures-parts">
              <Part title={t("figures.time")} report={report} of={isTime} />
              <Part title={t("figures.offers")} report={report} of={isOffer} />
              <Part title={t("figures.handled")} report={report} of={(key) => !isTime(key) && !isOffer(key)} />
            </div>
            <Card title={range === "week" ? t("figures.by_day") : t("figures.by_hour")}>
              <ReportTable report={report} label={t("nav.figures")} allColumns={false} />
            </Card>
          </>
        )
      }
    </Answered>
  );
}

interface PartProps {
  readonly title: string;
  readonly report: Report;
  readonly of: (key: string) => boolean;
}

function Part({ title, report, of }: PartProps) {
  return (
    <Card title={title}>
      <dl class="figures">
        {report.columns
          .filter(({ key }) => of(key))
          .map((column: ReportColumn) => (
            <Figure key={column.key} label={columnWords(column.key)}>
              <Value column={column} value={report.total[column.key]} />
            </Figure>
          ))}
      </dl>
    </Card>
  );
}
