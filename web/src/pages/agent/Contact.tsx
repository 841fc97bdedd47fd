// The contact in hand: who it is, why it came, what to say, and what can be done with the call.

import { api } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Badge, Dot, Tags, TierBadge } from "../../components/Badge.tsx";
import { Countdown, Draining, Duration, Elapsed } from "../../components/Clock.tsx";
import { Icon } from "../../components/Icon.tsx";
import { type Key, t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { useShortcuts } from "../../shortcuts.ts";
import type { PopEntry, StateEntry, TalkEntry } from "../../types.ts";
import { queueWords } from "../../words.ts";
import { CallControls } from "./CallControls.tsx";
import { numberOf, subtitleOf, titleOf } from "./callers.ts";
import { Notes } from "./Notes.tsx";
import { CustomerCard, RecentCard, WhyCard } from "./Record.tsx";
import { ScriptCard } from "./ScriptCard.tsx";
import { WrapUp } from "./WrapUp.tsx";

interface ContactProps {
  readonly state: StateEntry;
  readonly pop: PopEntry | null;
  readonly talk: TalkEntry | null;
}

export function Contact({ state, pop, talk }: ContactProps) {
  const id = state.contact ?? talk?.contact ?? pop?.contact ?? null;
  const ringing = state.state === "reserved";
  return (
    <>
      <Head state={state} pop={pop} talk={talk} />
      {state.state === "wrap_up" && id !== null && <WrapUp contact={id} state={state} />}
      {pop && (
        <div class="contact-columns">
          <div class="stack">
            {pop.text && (
              <p class="told lines">
                <Icon name="message" />
                <span class="any">{pop.text}</span>
              </p>
            )}
            {pop.script && id !== null && <ScriptCard contact={id} script={pop.script} />}
            {id !== null && !ringing && (
              <Notes contact={id} notes={pop.notes ?? []} write={state.state !== "wrap_up"} />
            )}
            {ringing && (pop.notes ?? []).length > 0 && (
              <Notes contact={pop.contact} notes={pop.notes ?? []} write={false} />
            )}
            <RecentCard />
          </div>
          <div class="stack">
            <CustomerCard pop={pop} />
            <WhyCard pop={pop} />
          </div>
        </div>
      )}
      {!pop && talk && id !== null && <Notes contact={id} notes={[]} write={state.state !== "wrap_up"} />}
    </>
  );
}

function Head({ state, pop, talk }: ContactProps) {
  const ringing = state.state === "reserved";
  const title = pop ? titleOf(pop) : talk ? numberOf(talk) : t("agent.no_details");
  return (
    <section class="card toned contact-head" data-tone={toneOf(state, talk)} aria-labelledby="contact-title">
      <div class="contact-top">
        <div class="contact-who">
          <div class="row wrap">
            {pop && <TierBadge tier={pop.tier} />}
            <Phase state={state} talk={talk} />
            {pop && <Tags tags={pop.tags} />}
          </div>
          <h2 id="contact-title" class="contact-title any">
            {title}
          </h2>
          {pop && (
            <p class="soft any">
              {[
                ...subtitleOf(pop),
                queueWords(pop.queue, store.entry(`queue/${pop.queue}`).value?.label),
                pop.intent ?? "",
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
          )}
        </div>
        <Times state={state} pop={pop} talk={talk} />
      </div>
      {ringing && state.deadline_ms !== null && (
        <Draining from={state.since_ms} until={state.deadline_ms} tone="reserved" />
      )}
      {ringing && pop && <Answer pop={pop} />}
      {talk && <CallControls talk={talk} />}
    </section>
  );
}

const toneOf = (state: StateEntry, talk: TalkEntry | null): string => (talk?.on_hold ? "not_ready" : state.state);

function Phase({ state, talk }: { readonly state: StateEntry; readonly talk: TalkEntry | null }) {
  const tone = toneOf(state, talk);
  return (
    <span class={state.state === "reserved" ? "ringing" : ""}>
      <Dot tone={tone}>{t(phaseOf(state, talk))}</Dot>
      {talk?.direction === "out" && (
        <>
          {" "}
          <Badge>{t("agent.outbound")}</Badge>
        </>
      )}
    </span>
  );
}

function phaseOf(state: StateEntry, talk: TalkEntry | null): Key {
  if (talk?.dialling) return "agent.phase_dialling";
  if (state.state === "reserved") return "agent.phase_ringing";
  if (state.state === "wrap_up") return "state.wrap_up";
  if (talk?.conference) return "agent.phase_conference";
  return talk?.on_hold ? "agent.phase_held" : "state.talking";
}

function Times({ state, pop, talk }: ContactProps) {
  const ringing = state.state === "reserved";
  const talking = state.state === "talking";
  const began = talk?.since_ms ?? state.since_ms;
  return (
    <dl class="contact-times">
      {pop && ringing && (
        <div>
          <dt>{t("agent.waiting_for")}</dt>
          <dd>
            <Elapsed since={pop.arrived_ms} />
          </dd>
        </div>
      )}
      {ringing && state.deadline_ms !== null && (
        <div>
          <dt>{t("agent.rings_for")}</dt>
          <dd>
            <Countdown until={state.deadline_ms} />
          </dd>
        </div>
      )}
      {talk?.on_hold && talk.held_since_ms !== null && (
        <div data-tone="not_ready" class="toned-time">
          <dt>{t("agent.on_hold_for")}</dt>
          <dd>
            <Elapsed since={talk.held_since_ms} />
          </dd>
        </div>
      )}
      {pop && talking && talk?.direction !== "out" && (
        <div class="past-time">
          <dt>{t("agent.waited")}</dt>
          <dd>
            <Duration ms={began - pop.arrived_ms} />
          </dd>
        </div>
      )}
      {talking && (
        <div>
          <dt>{t(talk?.dialling ? "agent.calling_for" : "agent.talking_for")}</dt>
          <dd>
            <Elapsed since={began} />
          </dd>
        </div>
      )}
    </dl>
  );
}

/** Where the phone can be picked up from here, the button; otherwise where to. */
function Answer({ pop }: { readonly pop: PopEntry }) {
  const accept = (): Promise<unknown> => api.post("calls/accept", { offer: pop.offer });
  const possible = pop.accept === true && isLive.value;
  useShortcuts([
    {
      key: "a",
      label: "agent.accept",
      group: "agent.keys_call",
      when: possible,
      run: () => document.querySelector<HTMLButtonElement>(".accept-button")?.click(),
    },
  ]);
  if (!pop.accept) return <p class="soft">{t("agent.answer_on_phone")}</p>;
  return (
    <Action
      kind="primary"
      size="big"
      icon="accept"
      class="accept-button"
      shortcut="a"
      disabled={!isLive.value}
      act={accept}
    >
      {t("agent.accept")}
    </Action>
  );
}
