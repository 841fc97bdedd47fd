// The sign-in page: a name, a password, and why one has to sign in again.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Refused, useOrder } from "../components/Action.tsx";
import { Button } from "../components/Button.tsx";
import { TextField } from "../components/Field.tsx";
import { Menu } from "../components/Menu.tsx";
import { useTitle } from "../components/Page.tsx";
import { t } from "../i18n/index.ts";
import { signIn, signInNote } from "../session.ts";
import { Appearance } from "../shell/Bar.tsx";

export function SignInPage() {
  const name = useSignal("");
  const password = useSignal("");
  const order = useOrder();
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  useTitle(t("sign_in.title"));
  useEffect(() => nameField.current?.focus(), []);
  const submit = async (): Promise<void> => {
    const done = await order.run(() => signIn(name.value.trim(), password.value));
    if (!done) passwordField.current?.select();
  };
  return (
    <main class="sign-in" id="main">
      <form
        class="card sign-in-card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="row">
          <img src="/icon.svg" alt="" width={36} height={36} />
          <span class="brand-name">callcenter</span>
        </div>
        <div>
          <h1>{t("sign_in.title")}</h1>
          <p class="soft" role="status">
            {t(signInNote.value ?? "sign_in.hint")}
          </p>
        </div>
        <TextField
          label={t("sign_in.name")}
          value={name.value}
          fieldRef={nameField}
          native={{
            autocomplete: "username",
            autocapitalize: "none",
            spellcheck: false,
            maxLength: 64,
            required: true,
          }}
          onInput={(value) => {
            name.value = value;
          }}
        />
        <TextField
          label={t("sign_in.password")}
          type="password"
          value={password.value}
          fieldRef={passwordField}
          native={{ autocomplete: "current-password", maxLength: 1024, required: true }}
          onInput={(value) => {
            password.value = value;
          }}
        />
        <Refused order={order} />
        <Button kind="primary" size="big" type="submit" busy={order.busy.value}>
          {t("sign_in.button")}
        </Button>
      </form>
      <Menu button={{ kind: "quiet", icon: "menu", children: t("menu.appearance") }}>{() => <Appearance />}</Menu>
    </main>
  );
}
