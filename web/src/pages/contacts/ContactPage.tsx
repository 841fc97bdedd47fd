// One contact's whole story: who called, what was decided and why, who was asked, who talked, what was written down.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Asked, useAnswer } from "../../answer.ts";
import { api, at } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Badge, Tags, TierBadge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty, Facts, Notice } from "../../components/Card.tsx";
import { Duration, Moment } from "../../components/Clock.tsx";
import { TextArea } from "../../components/Field.tsx";
import { Page } from "../../components/Page.tsx";
import { t } from "../../i18n/index.ts";
import { goBack } from "../../router.ts";
import type { PageProps } from "../../routes.ts";
import { may, seesFloor } from "../../session.ts";
import type { ContactState } from "../../types.ts";
import {
  callerWords,
  contactStateWords,
  decisionWords,
  dispositionWords,
  outcomeWords,
  queueWords,
  resultWords,
  segmentWords,
  tierWords,
} from "../../words.ts";
import { Why } from "../floor/Why.tsx";
import { type Happening, happenings, type Logged, type Story } from "./story.ts";

const AGAIN_MS = 5_000; // while it goes on

export default function ContactPage({ params }: PageProps) {
  const id = params["id"] ?? "";
  const asked = useAnswer<Story>(at("contacts", id));
  const goesOn = asked.value.value?.contact.ended_ms === null;
  useEffect(() => {
    if (!goesOn) return;
    const again = setInterval(() => void asked.again(), AGAIN_MS);
    return () => clearInterval(again);
  }, [goesOn, id]);
  const contact = asked.value.value?.contact;
  const title = contact ? contact.caller_name || callerWords(contact.caller) : t("nav.contact");
  return (
    <Page
      title={title}
      class="contact"
      aside={
        <Button icon="back" onClick={() => goBack(seesFloor.value ? "/contacts" : "/agent")}>
          {t("story.back")}
        </Button>
      }
    >
      <Answered asked={asked}>{(story) => <Told story={story} asked={asked} />}</Answered>
    </Page>
  );
}

function Told({ story, asked }: { readonly story: Story; readonly asked: Asked<Story> }) {
  const { contact, customer } = story;
  const isWaiting = contact.state === "waiting" || contact.state === "offered";
  return (
    <div class="contact-columns">
      <div class="stack">
        {story.partial && <Notice tone="warn">{story.partial}</Notice>}
        <Card title={t("story.what_happened")}>
          <Line story={story} />
        </Card>
        {isWaiting && may("see_contacts") && <Why id={contact.id} />}
        {(may("manage_contacts") || may("take_contacts")) && <WriteNote id={contact.id} again={asked.again} />}
      </div>
      <div class="stack">
        <Card title={t("story.contact")}>
          <ContactFacts contact={contact} />
        </Card>
        {customer && (
          <Card title={t("story.customer")}>
            <Facts
              facts={[
                [t("admin.name"), customer.name],
                [t("story.account"), customer.account],
                [t("floor.tier"), customer.tier && tierWords(customer.tier)],
                [t("story.language"), customer.language],
              ]}
            />
          </Card>
        )}
      </div>
    </div>
  );
}

function ContactFacts({ contact }: { readonly contact: Logged }) {
  const state = contact.outcome
    ? outcomeWords(contact.outcome)
    : contact.state && contactStateWords(contact.state as ContactState);
  return (
    <Facts
      facts={[
        [t("floor.state"), state],
        [t("floor.tier"), <TierBadge tier={contact.tier} />],
        [t("floor.caller"), <span class="number">{callerWords(contact.caller)}</span>],
        [t("floor.caller_name"), contact.caller_name],
        [t("story.dialled"), contact.dialled],
        [t("story.intent"), contact.intent],
        [t("story.account"), contact.account],
        [t("floor.queue"), contact.queue && queueWords(contact.queue)],
        [t("floor.priority"), contact.priority],
        [t("why.rule"), contact.rule],
        [t("why.because"), contact.because],
        [t("floor.agent"), contact.agent],
        [t("story.arrived"), <Moment ms={contact.arrived_ms} seconds />],
        [t("floor.wait"), contact.waited_ms !== null && <Duration ms={contact.waited_ms} />],
        [t("floor.handle_time"), contact.handled_ms !== null && <Duration ms={contact.handled_ms} />],
        [t("story.offers"), contact.offers > 0 && contact.offers],
        [t("story.disposition"), contact.disposition && dispositionWords(contact.disposition)],
        [t("story.follow_up"), contact.follow_up_on],
        [t("floor.tags"), contact.tags.length > 0 && <Tags tags={contact.tags} />],
        [t("story.id"), <code class="any">{contact.id}</code>],
      ]}
    />
  );
}

function Line({ story }: { readonly story: Story }) {
  const all = happenings(story);
  if (all.length === 0) return <Empty title={t("story.nothing_yet")} />;
  return (
    <ol class="line">
      {all.map((one) => (
        <li key={keyOf(one)} data-what={one.what}>
          <span class="line-time">
            <Moment ms={one.at_ms} seconds />
          </span>
          <div class="any">
            <HappeningWords of={one} />
          </div>
        </li>
      ))}
    </ol>
  );
}

const keyOf = (one: Happening): string =>
  one.what === "note" ? one.note.id : one.what === "segment" ? `s${one.segment.number}` : `d${one.decision.number}`;

function HappeningWords({ of }: { readonly of: Happening }) {
  if (of.what === "note") {
    return (
      <>
        <span class="strong">{t("story.note_by", { by: of.note.by })}</span>
        <p class="lines">{of.note.text}</p>
      </>
    );
  }
  if (of.what === "decision") {
    const { decision } = of;
    return (
      <>
        <span class="strong">{decisionWords(decision.kind)}</span>{" "}
        {decision.queue && <Badge>{queueWords(decision.queue)}</Badge>}{" "}
        {decision.by && <span class="soft">{t("story.by", { by: decision.by })}</span>}
        <p class="soft">{decision.words}</p>
      </>
    );
  }
  const { segment } = of;
  return (
    <>
      <span class="strong">{segmentWords(segment.kind)}</span> <Duration ms={segment.ended_ms - segment.started_ms} />{" "}
      {segment.agent ? <Badge>{segment.agent}</Badge> : segment.queue && <Badge>{queueWords(segment.queue)}</Badge>}{" "}
      {segment.result && <span class="soft">{resultWords(segment.kind, segment.result)}</span>}
    </>
  );
}

function WriteNote({ id, again }: { readonly id: string; readonly again: () => Promise<void> }) {
  const order = useOrder();
  const text = useSignal("");
  const write = async (): Promise<void> => {
    if (!(await order.run(() => api.post(at("contacts", id, "notes"), { text: text.value.trim() })))) return;
    text.value = "";
    await again();
  };
  return (
    <Card title={t("story.write_note")}>
      <form
        class="stack tight"
        onSubmit={(event) => {
          event.preventDefault();
          void write();
        }}
      >
        <TextArea
          label={t("story.note")}
          quietLabel
          value={text.value}
          maxLength={4_000}
          onInput={(value) => {
            text.value = value;
          }}
        />
        <Refused order={order} />
        <div>
          <Button type="submit" busy={order.busy.value} disabled={text.value.trim() === ""}>
            {t("story.keep_note")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
