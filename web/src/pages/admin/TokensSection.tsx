// Tokens for programs: made with some permissions, seen once, revoked at once.

import { useSignal } from "@preact/signals";
import { useAnswer } from "../../answer.ts";
import { api, at } from "../../api.ts";
import { Action, Refused, useOrder } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty, Notice } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { confirm } from "../../components/Dialog.tsx";
import { Checkbox, TextField } from "../../components/Field.tsx";
import { t } from "../../i18n/index.ts";
import { readable } from "../../i18n/names.ts";
import { me } from "../../session.ts";

interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_by: string;
  readonly created_ms: number;
  readonly expires_ms: number | null;
  readonly last_used_ms: number | null;
  readonly revoked_ms: number | null;
}

export function TokensSection() {
  const asked = useAnswer<{ readonly tokens: readonly Token[] }>("tokens");
  return (
    <>
      <NewToken again={asked.again} />
      <Card title={t("admin.tokens")}>
        <Answered asked={asked}>{({ tokens }) => <Tokens tokens={tokens} again={asked.again} />}</Answered>
      </Card>
    </>
  );
}

function NewToken({ again }: { readonly again: () => Promise<void> }) {
  const order = useOrder();
  const name = useSignal("");
  const days = useSignal("90");
  const scopes = useSignal<readonly string[]>([]);
  const secret = useSignal<string | null>(null);
  const make = async (): Promise<void> => {
    const body = { name: name.value.trim(), scopes: scopes.value, expires_in_days: Number(days.value) };
    const done = await order.run(async () => {
      secret.value = (await api.post<{ secret: string }>("tokens", body)).secret;
    });
    if (!done) return;
    name.value = "";
    scopes.value = [];
    await again();
  };
  return (
    <Card title={t("admin.new_token")}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField
          label={t("admin.name")}
          hint={t("admin.token_hint")}
          native={{ required: true, maxLength: 64 }}
          value={name.value}
          onInput={(value) => {
            name.value = value;
          }}
        />
        <TextField
          label={t("admin.days")}
          type="number"
          native={{ required: true, min: 1, max: 3650, step: 1 }}
          value={days.value}
          onInput={(value) => {
            days.value = value;
          }}
        />
        <fieldset>
          <legend class="field-label">{t("admin.scopes")}</legend>
          <div class="scopes">
            {(me.value?.permissions ?? []).map((scope) => (
              <Checkbox
                key={scope}
                label={readable(scope)}
                checked={scopes.value.includes(scope)}
                onChange={(on) => {
                  scopes.value = on ? [...scopes.value, scope] : scopes.value.filter((one) => one !== scope);
                }}
              />
            ))}
          </div>
        </fieldset>
        <Refused order={order} />
        <div>
          <Button type="submit" kind="primary" busy={order.busy.value} disabled={scopes.value.length === 0}>
            {t("admin.make_token")}
          </Button>
        </div>
        {secret.value && (
          <Notice tone="good" say>
            <p>{t("admin.token_once")}</p>
            <code class="any">{secret.value}</code>
          </Notice>
        )}
      </form>
    </Card>
  );
}

function Tokens({ tokens, again }: { readonly tokens: readonly Token[]; readonly again: () => Promise<void> }) {
  const revoke = async (token: Token): Promise<void> => {
    const question = { title: t("admin.revoke_title", { name: token.name }), text: t("admin.revoke_text") };
    if (!(await confirm({ ...question, yes: t("admin.revoke"), danger: true }))) return;
    await api.delete(at("tokens", token.id));
    await again();
  };
  if (tokens.length === 0) return <Empty title={t("admin.no_tokens")} />;
  return (
    <div class="table-scroll">
      <table class="cards" aria-label={t("admin.tokens")}>
        <thead>
          <tr>
            <th scope="col">{t("admin.name")}</th>
            <th scope="col">{t("admin.scopes")}</th>
            <th scope="col">{t("admin.author")}</th>
            <th scope="col">{t("admin.last_used")}</th>
            <th scope="col">{t("admin.expires")}</th>
            <th scope="col">
              <span class="unseen">{t("floor.orders")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td class="strong">{token.name}</td>
              <td data-label={t("admin.scopes")}>{token.scopes.map(readable).join(", ")}</td>
              <td data-label={t("admin.author")}>{token.created_by}</td>
              <td data-label={t("admin.last_used")}>
                {token.last_used_ms === null ? "–" : <Moment ms={token.last_used_ms} />}
              </td>
              <td data-label={t("admin.expires")}>
                {token.expires_ms === null ? t("admin.never") : <Moment ms={token.expires_ms} />}
              </td>
              <td>
                {token.revoked_ms === null ? (
                  <Action size="small" kind="danger" act={() => revoke(token)}>
                    {t("admin.revoke")}
                  </Action>
                ) : (
                  t("admin.revoked")
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
