// What a webhook is: an address and the events that it is told of. The same form makes one and changes one.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Button } from "../../components/Button.tsx";
import { Checkbox, TextField } from "../../components/Field.tsx";
import { t } from "../../i18n/index.ts";
import { EVENTS, eventWords } from "./webhooks.ts";

export interface WebhookBody {
  readonly url: string;
  readonly events: readonly string[];
}

interface WebhookFormProps {
  readonly from: WebhookBody;
  readonly button: string;
  readonly send: (body: WebhookBody) => Promise<unknown>;
  readonly onDone: () => Promise<void>;
  readonly children?: ComponentChildren;
}

/** After it was sent it is as it was at first. */
export function WebhookForm({ from, button, send, onDone, children }: WebhookFormProps) {
  const order = useOrder();
  const url = useSignal(from.url);
  const events = useSignal(from.events);
  const save = async (): Promise<void> => {
    if (!(await order.run(() => send({ url: url.value.trim(), events: events.value })))) return;
    url.value = from.url;
    events.value = from.events;
    await onDone();
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label={t("webhook.url")}
        hint={t("webhook.url_hint")}
        type="url"
        native={{ required: true, maxLength: 2000, pattern: "https?://.+", autocomplete: "off" }}
        value={url.value}
        onInput={(value) => {
          url.value = value;
        }}
      />
      <fieldset>
        <legend class="field-label">{t("webhook.events")}</legend>
        <div class="scopes">
          {EVENTS.map((event) => (
            <Checkbox
              key={event}
              label={eventWords(event)}
              checked={events.value.includes(event)}
              onChange={(on) => {
                events.value = on ? [...events.value, event] : events.value.filter((one) => one !== event);
              }}
            />
          ))}
        </div>
      </fieldset>
      <Refused order={order} />
      <div>
        <Button type="submit" kind="primary" busy={order.busy.value} disabled={events.value.length === 0}>
          {button}
        </Button>
      </div>
      {children}
    </form>
  );
}
