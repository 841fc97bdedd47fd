// Reports: which one, of when, told apart by what; the table; and the same as a file.
//
// The one idea: the address is the choice. The form only writes it, so a report can be kept as a bookmark, sent to a
// colleague, and gone back to.

import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { useAnswer } from "../../answer.ts";
import { addressAt, api, at } from "../../api.ts";
import { Action, Refused, useOrder } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty, Notice } from "../../components/Card.tsx";
import { Checkbox, Select, TextField } from "../../components/Field.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { day } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { go, here } from "../../router.ts";
import {
  addressOf,
  type Choice,
  choiceOf,
  FORMULAS,
  GROUPING,
  type Group,
  groupsOf,
  INTERVALS,
  KINDS,
  queryOf,
  type ReportKind,
} from "./choice.ts";
import { type Report, ReportTable } from "./ReportTable.tsx";
import { FORMULA_WORDS, GROUP_WORDS, INTERVAL_WORDS, KIND_WORDS } from "./reportWords.ts";

export default function ReportsPage() {
  const choice = choiceOf(here.value.query);
  const title = t(KIND_WORDS[choice.kind]);
  const range = choice.from === choice.to ? day(choice.from) : `${day(choice.from)} – ${day(choice.to)}`;
  return (
    <Page title={t("nav.reports")} class="reports">
      <Card title={t("reports.choose")}>
        <Choose from={choice} />
      </Card>
      <Card title={`${title} · ${range}`}>
        <Files choice={choice} />
        <Made key={JSON.stringify(queryOf(choice)) + choice.kind} choice={choice} title={title} />
      </Card>
    </Page>
  );
}

function Choose({ from }: { readonly from: Choice }) {
  const draft = useSignal(from);
  const address = addressOf(from);
  useEffect(() => {
    draft.value = from; // after a step back, or a link, the fields are those of the report that is seen
  }, [address]);
  const { kind, groups } = draft.value;
  const put = (change: Partial<Choice>): void => {
    draft.value = { ...draft.value, ...change };
  };
  return (
    <form
      class="look-for"
      onSubmit={(event) => {
        event.preventDefault();
        go(addressOf(draft.value));
      }}
    >
      <Select
        label={t("reports.report")}
        value={kind}
        onChange={(word) => put({ kind: word as ReportKind, groups: GROUPING[word as ReportKind].usual })}
        options={KINDS.map((one) => ({ value: one, label: t(KIND_WORDS[one]) }))}
      />
      <TextField
        label={t("contacts.from")}
        type="date"
        native={{ required: true }}
        value={draft.value.from}
        onInput={(value) => put({ from: value })}
      />
      <TextField
        label={t("contacts.to")}
        type="date"
        native={{ required: true }}
        value={draft.value.to}
        onInput={(value) => put({ to: value })}
      />
      <Select
        label={t("reports.by")}
        value={draft.value.by}
        onChange={(value) => put({ by: value as Choice["by"] })}
        options={[
          { value: "", label: t("reports.by_nothing") },
          ...INTERVALS.map((one) => ({ value: one, label: t(INTERVAL_WORDS[one]) })),
        ]}
      />
      {kind === "queues" && (
        <div class="report-wide">
          <Select
            label={t("reports.formula")}
            value={draft.value.formula}
            onChange={(value) => put({ formula: value as Choice["formula"] })}
            options={FORMULAS.map((one) => ({ value: one, label: t(FORMULA_WORDS[one]) }))}
          />
        </div>
      )}
      {kind === "customers" && (
        <TextField
          label={t("reports.within_days")}
          type="number"
          native={{ required: true, min: 1, max: 366, step: 1 }}
          value={draft.value.withinDays}
          onInput={(value) => put({ withinDays: value })}
        />
      )}
      <Groups kind={kind} groups={groups} onPut={(wanted) => put({ groups: wanted })} />
      <div class="row wrap report-show">
        <Button type="submit" kind="primary">
          {t("reports.show")}
        </Button>
        <Checkbox
          label={t("reports.all_columns")}
          checked={draft.value.allColumns}
          onChange={(on) => put({ allColumns: on })}
        />
      </div>
    </form>
  );
}

interface GroupsProps {
  readonly kind: ReportKind;
  readonly groups: readonly Group[];
  readonly onPut: (groups: readonly Group[]) => void;
}

function Groups({ kind, groups, onPut }: GroupsProps) {
  const id = useId();
  return (
    <fieldset class="report-wide" aria-labelledby={id}>
      <legend id={id} class="field-label">
        {t("reports.group")}
      </legend>
      <div class="row wrap">
        {GROUPING[kind].possible.map((group) => (
          <Checkbox
            key={group}
            label={t(GROUP_WORDS[group])}
            checked={groups.includes(group)}
            disabled={GROUPING[kind].always.includes(group)}
            onChange={(on) => onPut(groupsOf(kind, on ? [...groups, group] : groups.filter((one) => one !== group)))}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Made({ choice, title }: { readonly choice: Choice; readonly title: string }) {
  const asked = useAnswer<Report>(at("reports", choice.kind), queryOf(choice));
  return (
    <Answered asked={asked}>
      {(report) => (
        <div class="stack tight">
          {report.notes.map((note) => (
            <Notice key={note}>{note}</Notice>
          ))}
          <p class="soft small" role="status">
            {t("reports.rows", { count: report.rows.length })}
          </p>
          {report.rows.length === 0 ? (
            <Empty title={t("reports.nothing")} />
          ) : (
            <ReportTable report={report} label={title} allColumns={choice.allColumns} />
          )}
        </div>
      )}
    </Answered>
  );
}

const FILES = ["csv", "json", "parquet"] as const;

/**
 * The same report as a file, and as a page with plots. A file is fetched here and not by a link, so that a refusal is
 * read and not saved; the page must come from the server, with a policy that lets it have a style of its own.
 */
function Files({ choice }: { readonly choice: Choice }) {
  const order = useOrder();
  const save = async (format: (typeof FILES)[number]): Promise<void> => {
    const file = await api.file(at("reports", choice.kind), { ...queryOf(choice), format });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${choice.kind}-${choice.from}.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
  };
  return (
    <div class="report-files">
      <div class="row wrap">
        <fieldset class="row wrap" aria-label={t("reports.download")}>
          {FILES.map((format) => (
            <Action key={format} order={order} size="small" icon="download" act={() => save(format)}>
              {FORMATS[format]}
            </Action>
          ))}
        </fieldset>
        <a
          class="button plain small"
          href={addressAt(at("reports", choice.kind), { ...queryOf(choice), format: "html" })}
          target="_blank"
          rel="noopener"
        >
          <Icon name="out" />
          {t("reports.with_plots")}
          <span class="unseen">{t("common.new_tab")}</span>
        </a>
      </div>
      <Refused order={order} />
    </div>
  );
}

const FORMATS = { csv: "CSV", json: "JSON", parquet: "Parquet" };
