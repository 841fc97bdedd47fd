// What a webhook did not take, however often it was tried: the newest first, page by page, with what was sent.
//
// The one idea: one letter or all of them, they are sent one after the other, and the first that is not taken ends it.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useAnswer } from "../../answer.ts";
import { api, at, Refusal } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Empty } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { t } from "../../i18n/index.ts";
import { eventWords, type Sent, type Webhook } from "./webhooks.ts";

const PACE_MS = 100; // half as fast as the API allows: the page may have more to ask

interface Letter {
  readonly number: number;
  readonly event: { readonly kind?: string };
  readonly attempts: number;
  readonly error: string;
  readonly dead_ms: number;
}

interface Letters {
  readonly letters: readonly Letter[];
  readonly next: number | null;
}

export function DeadLetters({ webhook }: { readonly webhook: Webhook }) {
  const path = at("webhooks", webhook.id, "dead-letters");
  const asked = useAnswer<Letters>(path);
  return <Answered asked={asked}>{(first) => <Pages path={path} first={first} />}</Answered>;
}

/** What came of it; null: it is gone, for somebody else has sent it. */
async function sendAgain(path: string, number: number): Promise<Sent | null> {
  try {
    return await api.post<Sent>(`${path}/${number}/send`);
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 404) return null;
    throw failure;
  }
}

interface PagesProps {
  readonly path: string;
  readonly first: Letters;
}

function Pages({ path, first }: PagesProps) {
  const letters = useSignal(first.letters);
  const next = useSignal(first.next);
  const said = useSignal("");
  const status = useRef<HTMLParagraphElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const isOpen = useRef(true); // closing the panel ends what it sends
  useEffect(
    () => () => {
      isOpen.current = false;
    },
    [],
  );
  const more = async (): Promise<void> => {
    const page = await api.get<Letters>(path, { cursor: next.peek() });
    letters.value = [...letters.peek(), ...page.letters];
    next.value = page.next;
  };
  const send = async (wanted: readonly Letter[]): Promise<void> => {
    const taken = { count: 0 };
    let refused = "";
    said.value = "";
    try {
      for (const { number } of wanted) {
        if (!isOpen.current) return;
        const [sent] = await Promise.all([sendAgain(path, number), new Promise((go) => setTimeout(go, PACE_MS))]);
        if (sent?.taken === false) {
          const { error } = sent;
          const tried = (one: Letter): Letter => ({ ...one, attempts: one.attempts + 1, error });
          letters.value = letters.peek().map((one) => (one.number === number ? tried(one) : one));
          refused = t("webhook.not_taken", { error });
          return;
        }
        letters.value = letters.peek().filter((one) => one.number !== number);
        if (sent) taken.count += 1;
      }
    } finally {
      said.value = [refused && taken.count === 0 ? "" : t("webhook.sent", taken), refused].join(" ").trim();
    }
  };
  const sendOne = async (letter: Letter): Promise<void> => {
    const index = letters.peek().indexOf(letter);
    await send([letter]);
    keepFocus(index);
  };
  const sendAll = async (): Promise<void> => {
    while (isOpen.current && next.peek() !== null) await more();
    await send(letters.peek().toReversed());
    keepFocus(0);
  };
  /** Where the button went with its letter, to the next one, else to what is said. */
  const keepFocus = (index: number): void => {
    requestAnimationFrame(() => {
      if (document.activeElement !== document.body) return;
      const item = list.current?.children[Math.min(index, letters.peek().length - 1)];
      (item?.querySelector("button") ?? status.current)?.focus();
    });
  };
  const isEmpty = letters.value.length === 0 && next.value === null;
  return (
    <div class="stack">
      {isEmpty ? <Empty title={t("webhook.no_letters")} /> : <p class="soft small">{t("webhook.letters_hint")}</p>}
      <div class="row wrap">
        {!isEmpty && <Action act={sendAll}>{t("webhook.send_all")}</Action>}
        <p class="strong any" role="status" ref={status} tabIndex={-1}>
          {said}
        </p>
      </div>
      {!isEmpty && (
        <ul class="stack" aria-label={t("webhook.letters")} ref={list}>
          {letters.value.map((letter) => (
            <Item key={letter.number} letter={letter} send={() => sendOne(letter)} />
          ))}
        </ul>
      )}
      {next.value !== null && (
        <div>
          <Action act={more}>{t("admin.older")}</Action>
        </div>
      )}
    </div>
  );
}

interface ItemProps {
  readonly letter: Letter;
  readonly send: () => Promise<void>;
}

function Item({ letter: { event, attempts, error, dead_ms }, send }: ItemProps) {
  return (
    <li>
      <p>
        <Moment ms={dead_ms} /> <span class="strong">{eventWords(event.kind ?? "")}</span>
      </p>
      <p class="any">
        {t("webhook.attempts", { count: attempts })} {error}
      </p>
      <details>
        <summary>{t("webhook.event")}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: so that the arrow keys move what is wider than the panel */}
        <pre class="change" tabIndex={0}>
          {JSON.stringify(event, null, 1)}
        </pre>
      </details>
      <Action size="small" act={send}>
        {t("webhook.send_again")}
      </Action>
    </li>
  );
}
