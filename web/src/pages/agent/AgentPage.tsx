// The agent's desk: the state and the phone at the side, the contact in hand in the middle.
//
// The one idea: nothing moves that need not. The side stays as it is all day; the middle shows the contact, from the
// offer to the end of its wrap-up, and in between what may be of use.

import { useEffect } from "preact/hooks";
import { Page, useTitle } from "../../components/Page.tsx";
import { t } from "../../i18n/index.ts";
import { isLive, store, useView } from "../../live/index.ts";
import { signOut } from "../../session.ts";
import { queueWords, stateWords } from "../../words.ts";
import { FiguresCard, PhoneCard, PhoneWarnings, QueuesCard } from "./Aside.tsx";
import { Contact } from "./Contact.tsx";
import { spoken, titleOf } from "./callers.ts";
import { DialOut } from "./DialOut.tsx";
import { Idle } from "./Idle.tsx";
import { useKeptNotes } from "./keepNotes.ts";
import { Messages } from "./Messages.tsx";
import { notify } from "./notifying.ts";
import { prepareSound, ring } from "./ringing.ts";
import { BUSY, StateCard } from "./StateCard.tsx";

export default function AgentPage() {
  useView("self");
  useEffect(prepareSound, []);
  useKeptNotes();
  const state = store.entry("state").value;
  const pop = store.entry("pop").value ?? null;
  const talk = store.entry("talk").value ?? null;
  const there = state !== undefined;
  const signedOut = state?.state === "logged_out";
  useEffect(() => {
    // By the engine, at a contact's end or by a supervisor, or in another window: let the session go too.
    if (signedOut) signOut().catch(() => undefined);
  }, [signedOut]);
  const busy = there && (BUSY.has(state.state) || talk !== null);
  return (
    <Page title={t("agent.title")} quietTitle class={`desk ${busy ? "busy" : ""}`}>
      <Offered />
      <div class="desk-side">
        <StateCard />
        <PhoneCard />
        <QueuesCard />
        <FiguresCard />
      </div>
      <div class="desk-work">
        <PhoneWarnings />
        <Messages />
        {there && (busy ? <Contact state={state} pop={pop} talk={talk} /> : <Idle />)}
      </div>
      <DialOut />
    </Page>
  );
}

/** Says an offer in every way there is: aloud, in the window's title, as a notification, to screen readers. */
function Offered() {
  const state = store.entry("state").value;
  const pop = store.entry("pop").value;
  const reserved = state?.state === "reserved" && isLive.value; // nothing that may be over rings on
  const offer = reserved && pop ? pop.offer : null;
  const name = pop ? titleOf(pop) : "";
  const queue = pop ? queueWords(pop.queue, store.entry(`queue/${pop.queue}`).value?.label) : "";
  const words = pop && offer !== null ? spoken(pop, queue) : "";
  useTitle(offer !== null ? `☎ ${name}` : state ? stateWords(state.state) : t("agent.title"));
  useEffect(() => (reserved ? ring() : undefined), [reserved]);
  useEffect(() => (offer === null ? undefined : notify(name, words, offer)), [offer, name]);
  return (
    <p class="unseen" aria-live="assertive">
      {words}
    </p>
  );
}
