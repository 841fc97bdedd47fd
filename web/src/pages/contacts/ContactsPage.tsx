// The contact log: looked through by what somebody remembers of a call, the newest first.

import { useSignal } from "@preact/signals";
import { useAnswer } from "../../answer.ts";
import { api, type Query } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { TierBadge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty } from "../../components/Card.tsx";
import { Duration, Moment } from "../../components/Clock.tsx";
import { Select, TextField } from "../../components/Field.tsx";
import { Link } from "../../components/Link.tsx";
import { Page } from "../../components/Page.tsx";
import { t } from "../../i18n/index.ts";
import { keptState } from "../../router.ts";
import { may } from "../../session.ts";
import { callerWords, dispositionWords, outcomeWords, queueWords } from "../../words.ts";
import type { Logged } from "./story.ts";

interface Found {
  readonly contacts: readonly Logged[];
  readonly cursor: string | null;
}

interface Asking {
  readonly caller: string;
  readonly account: string;
  readonly agent: string;
  readonly queue: string;
  readonly outcome: string;
  readonly from: string;
  readonly to: string;
}

const NOTHING: Asking = { caller: "", account: "", agent: "", queue: "", outcome: "", from: "", to: "" };
const OUTCOMES = ["answered", "abandoned", "overflowed", "closed", "withdrawn", "fallback", "lost"];
const DAY_MS = 86_400_000;

/** The day as the user's clock has it; `to` is the end of it. */
function queryOf(asking: Asking): Query {
  const { from, to, ...rest } = asking;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value.trim()])),
    from: from ? new Date(`${from}T00:00`).getTime() : null,
    to: to ? new Date(`${to}T00:00`).getTime() + DAY_MS : null,
    limit: 50,
  };
}

export default function ContactsPage() {
  const asking = keptState<Asking>("contacts.asking", NOTHING);
  const query = queryOf(asking.value);
  const asked = useAnswer<Found>("contacts", query);
  return (
    <Page title={t("nav.contacts")} class="contacts">
      <Card title={t("contacts.look_for")}>
        <LookFor
          from={asking.value}
          onLook={(wanted) => {
            asking.value = wanted;
          }}
        />
      </Card>
      <Card title={t("contacts.found")}>
        <Answered asked={asked}>
          {(found) => <Pages key={JSON.stringify([query, found.contacts[0]?.id])} first={found} query={query} />}
        </Answered>
      </Card>
    </Page>
  );
}

function LookFor({ from, onLook }: { readonly from: Asking; readonly onLook: (wanted: Asking) => void }) {
  const draft = useSignal(from);
  const put = (name: keyof Asking) => (value: string) => {
    draft.value = { ...draft.value, [name]: value };
  };
  const seesWhole = may("see_numbers") && may("see_customers");
  return (
    <form
      class="look-for"
      onSubmit={(event) => {
        event.preventDefault();
        onLook(draft.value);
      }}
    >
      {seesWhole && (
        <>
          <TextField label={t("floor.caller")} type="tel" value={draft.value.caller} onInput={put("caller")} />
          <TextField label={t("story.account")} value={draft.value.account} onInput={put("account")} />
        </>
      )}
      <TextField label={t("floor.agent")} value={draft.value.agent} onInput={put("agent")} />
      <TextField label={t("floor.queue")} value={draft.value.queue} onInput={put("queue")} />
      <Select
        label={t("contacts.outcome")}
        value={draft.value.outcome}
        onChange={put("outcome")}
        options={[
          { value: "", label: t("floor.all") },
          ...OUTCOMES.map((outcome) => ({ value: outcome, label: outcomeWords(outcome) })),
        ]}
      />
      <TextField label={t("contacts.from")} type="date" value={draft.value.from} onInput={put("from")} />
      <TextField label={t("contacts.to")} type="date" value={draft.value.to} onInput={put("to")} />
      <div class="row wrap look-buttons">
        <Button type="submit" kind="primary" icon="search">
          {t("contacts.look")}
        </Button>
        <Button
          kind="quiet"
          onClick={() => {
            draft.value = NOTHING;
            onLook(NOTHING);
          }}
        >
          {t("contacts.clear")}
        </Button>
      </div>
    </form>
  );
}

function Pages({ first, query }: { readonly first: Found; readonly query: Query }) {
  const contacts = useSignal(first.contacts);
  const cursor = useSignal(first.cursor);
  const more = async (): Promise<void> => {
    const page = await api.get<Found>("contacts", { ...query, cursor: cursor.peek() });
    contacts.value = [...contacts.peek(), ...page.contacts];
    cursor.value = page.cursor;
  };
  if (contacts.value.length === 0) return <Empty title={t("contacts.none")} />;
  return (
    <div class="stack">
      <div class="table-scroll">
        <table class="cards" aria-label={t("contacts.found")}>
          <thead>
            <tr>
              <th scope="col">{t("floor.caller")}</th>
              <th scope="col">{t("story.arrived")}</th>
              <th scope="col">{t("floor.queue")}</th>
              <th scope="col">{t("floor.agent")}</th>
              <th scope="col">{t("contacts.outcome")}</th>
              <th scope="col">{t("story.disposition")}</th>
              <th scope="col" class="number">
                {t("floor.wait")}
              </th>
            </tr>
          </thead>
          <tbody>
            {contacts.value.map((contact) => (
              <tr key={contact.id}>
                <td>
                  <span class="row wrap">
                    <Link to={`/contacts/${encodeURIComponent(contact.id)}`} class="strong">
                      {contact.caller_name || callerWords(contact.caller)}
                    </Link>
                    <TierBadge tier={contact.tier} />
                  </span>
                </td>
                <td data-label={t("story.arrived")}>
                  <Moment ms={contact.arrived_ms} />
                </td>
                <td data-label={t("floor.queue")}>{contact.queue ? queueWords(contact.queue) : "–"}</td>
                <td data-label={t("floor.agent")}>{contact.agent ?? "–"}</td>
                <td data-label={t("contacts.outcome")}>{contact.outcome ? outcomeWords(contact.outcome) : "–"}</td>
                <td data-label={t("story.disposition")}>
                  {contact.disposition ? dispositionWords(contact.disposition) : "–"}
                </td>
                <td class="number" data-label={t("floor.wait")}>
                  {contact.waited_ms === null ? "–" : <Duration ms={contact.waited_ms} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cursor.value !== null && (
        <div>
          <Action act={more}>{t("admin.older")}</Action>
        </div>
      )}
    </div>
  );
}
