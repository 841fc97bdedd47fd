// What supervisors have written to this agent; each stays until it is acknowledged.

import { useEffect, useRef } from "preact/hooks";
import { api, at } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Moment } from "../../components/Clock.tsx";
import { Icon } from "../../components/Icon.tsx";
import { t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { useShortcuts } from "../../shortcuts.ts";
import { chime } from "./ringing.ts";

const acknowledge = (id: string): Promise<unknown> => api.post(at("messages", id, "acknowledge"));

export function Messages() {
  const names = store.names("message").value;
  const seen = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const fresh = names.filter((name) => !seen.current.has(name));
    seen.current = new Set(names);
    if (fresh.some((name) => store.entry(`message/${name}`).peek()?.urgent)) chime();
  }, [names]);
  const [oldest] = names;
  useShortcuts([
    {
      key: "k",
      label: "agent.key_acknowledge",
      group: "agent.keys_state",
      when: oldest !== undefined && isLive.value,
      run: () => oldest !== undefined && void acknowledge(oldest).catch(() => undefined), // the button says why not
    },
  ]);
  return (
    <div class="messages" role="log" aria-label={t("agent.messages")}>
      {names.map((name) => (
        <Message key={name} name={name} />
      ))}
    </div>
  );
}

function Message({ name }: { readonly name: string }) {
  const message = store.entry(`message/${name}`).value;
  if (message === undefined) return null;
  return (
    <div class="message" data-tone={message.urgent ? "warn" : "accent"} role={message.urgent ? "alert" : undefined}>
      <Icon name={message.urgent ? "warn" : "message"} />
      <div class="grow">
        <p class="lines any">{message.text}</p>
        <p class="small soft">
          {message.urgent && <strong>{t("agent.urgent")} · </strong>}
          {message.by} · <Moment ms={message.at_ms} />
        </p>
      </div>
      <Action size="small" disabled={!isLive.value} act={() => acknowledge(name)}>
        {t("agent.acknowledge")}
      </Action>
    </div>
  );
}
