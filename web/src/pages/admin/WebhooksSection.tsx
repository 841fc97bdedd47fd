// Webhooks: which other programs are told of what happens, how it goes with each, and what they did not take.

import { useSignal } from "@preact/signals";
import { useAnswer } from "../../answer.ts";
import { api, at } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty, Notice } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { confirm, Dialog } from "../../components/Dialog.tsx";
import { t } from "../../i18n/index.ts";
import { DeadLetters } from "./DeadLetters.tsx";
import { WebhookForm } from "./WebhookForm.tsx";
import { eventWords, type Sent, type Webhook } from "./webhooks.ts";

type Again = () => Promise<void>;

export function WebhooksSection() {
  const asked = useAnswer<{ readonly webhooks: readonly Webhook[] }>("webhooks");
  return (
    <>
      <NewWebhook again={asked.again} />
      <Card
        title={t("admin.webhooks")}
        aside={
          <Action size="small" act={asked.again}>
            {t("common.refresh")}
          </Action>
        }
      >
        <Answered asked={asked}>{({ webhooks }) => <Webhooks webhooks={webhooks} again={asked.again} />}</Answered>
      </Card>
    </>
  );
}

function NewWebhook({ again }: { readonly again: Again }) {
  const secret = useSignal<string | null>(null);
  return (
    <Card title={t("webhook.new")}>
      <WebhookForm
        from={{ url: "", events: [] }}
        button={t("webhook.make")}
        send={async (body) => {
          secret.value = (await api.post<{ secret: string }>("webhooks", body)).secret;
        }}
        onDone={again}
      >
        {secret.value && (
          <Notice tone="good" say>
            <p>{t("webhook.secret_once")}</p>
            <code class="any">{secret.value}</code>
          </Notice>
        )}
      </WebhookForm>
    </Card>
  );
}

interface WebhooksProps {
  readonly webhooks: readonly Webhook[];
  readonly again: Again;
}

function Webhooks({ webhooks, again }: WebhooksProps) {
  const open = useSignal<{ readonly id: string; readonly what: "change" | "letters" } | null>(null);
  const close = (): void => {
    open.value = null;
  };
  if (webhooks.length === 0) return <Empty title={t("webhook.none")} />;
  const shown = webhooks.find(({ id }) => id === open.value?.id);
  return (
    <>
      <div class="table-scroll">
        <table class="cards webhooks" aria-label={t("admin.webhooks")}>
          <thead>
            <tr>
              <th scope="col">{t("webhook.url")}</th>
              <th scope="col">{t("webhook.events")}</th>
              <th scope="col">{t("webhook.deliveries")}</th>
              <th scope="col">{t("webhook.last_attempt")}</th>
              <th scope="col">{t("admin.author")}</th>
              <th scope="col">
                <span class="unseen">{t("floor.orders")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {webhooks.map((webhook) => (
              <WebhookRow
                key={webhook.id}
                webhook={webhook}
                again={again}
                onOpen={(what) => {
                  open.value = { id: webhook.id, what };
                }}
              />
            ))}
          </tbody>
        </table>
      </div>
      {shown && open.value?.what === "change" && (
        <Dialog kind="panel" title={t("webhook.change_title", { url: shown.url })} onClose={close}>
          <WebhookForm
            from={shown}
            button={t("admin.save")}
            send={(body) => api.put(at("webhooks", shown.id), body)}
            onDone={async () => {
              close();
              await again();
            }}
          />
        </Dialog>
      )}
      {shown && open.value?.what === "letters" && (
        <Dialog
          kind="panel"
          title={t("webhook.letters_title", { url: shown.url })}
          onClose={() => {
            close();
            void again(); // what was sent again is counted
          }}
        >
          <DeadLetters webhook={shown} />
        </Dialog>
      )}
    </>
  );
}

interface WebhookRowProps {
  readonly webhook: Webhook;
  readonly again: Again;
  readonly onOpen: (what: "change" | "letters") => void;
}

function WebhookRow({ webhook, again, onOpen }: WebhookRowProps) {
  const { id, url, error } = webhook;
  const tested = useSignal("");
  const test = async (): Promise<void> => {
    tested.value = "";
    const sent = await api.post<Sent>(at("webhooks", id, "test"));
    tested.value = sent.taken ? t("webhook.test_taken") : t("webhook.test_not_taken", { error: sent.error });
  };
  const remove = async (): Promise<void> => {
    const question = { title: t("webhook.remove_title", { url }), text: t("webhook.remove_text") };
    if (!(await confirm({ ...question, yes: t("admin.remove"), danger: true }))) return;
    await api.delete(at("webhooks", id));
    await again();
  };
  const counts = [
    t("webhook.delivered", { count: webhook.delivered }),
    t("webhook.waiting", { count: webhook.waiting }),
    t("webhook.failed", { count: webhook.failed }),
    t("webhook.dead", { count: webhook.dead }),
  ];
  return (
    <tr>
      <td class="strong any">{url}</td>
      <td data-label={t("webhook.events")}>{webhook.events.map(eventWords).join(", ")}</td>
      <td data-label={t("webhook.deliveries")}>
        <ul>
          {counts.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      </td>
      <td data-label={t("webhook.last_attempt")} class="any">
        {error ?? (webhook.delivered > 0 ? t("webhook.taken") : "–")}
      </td>
      <td data-label={t("admin.author")}>
        {webhook.created_by}{" "}
        <span class="soft small">
          <Moment ms={webhook.created_ms} />
        </span>
      </td>
      <td>
        <div class="row wrap">
          <Button size="small" onClick={() => onOpen("change")}>
            {t("admin.change")}
          </Button>
          <Button size="small" onClick={() => onOpen("letters")}>
            {t("webhook.letters")}
          </Button>
          <Action size="small" act={test}>
            {t("webhook.test")}
          </Action>
          <Action size="small" kind="danger" act={remove}>
            {t("admin.remove")}
          </Action>
          <p class="small any" role="status">
            {tested}
          </p>
        </div>
      </td>
    </tr>
  );
}
