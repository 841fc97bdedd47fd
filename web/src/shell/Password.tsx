// The own new password. The old one is asked for; other sessions of the same person end with it.

import { signal, useSignal } from "@preact/signals";
import { api } from "../api.ts";
import { Refused, useOrder } from "../components/Action.tsx";
import { Button } from "../components/Button.tsx";
import { Dialog } from "../components/Dialog.tsx";
import { TextField } from "../components/Field.tsx";
import { toast } from "../components/Toasts.tsx";
import { t } from "../i18n/index.ts";

const shown = signal(false);

export function showPassword(): void {
  shown.value = true;
}

export const Password = () => (shown.value ? <PasswordDialog /> : null);

function PasswordDialog() {
  const old = useSignal("");
  const wanted = useSignal("");
  const repeated = useSignal("");
  const unlike = useSignal(false);
  const order = useOrder();
  const close = (): void => {
    shown.value = false;
  };
  const change = async (): Promise<void> => {
    unlike.value = wanted.value !== repeated.value;
    if (unlike.value) return;
    const body = { old_password: old.value, new_password: wanted.value };
    if (!(await order.run(() => api.post("me/password", body)))) return;
    close();
    toast(t("password.changed"), "good");
  };
  return (
    <Dialog title={t("password.title")} onClose={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        <TextField
          label={t("password.old")}
          type="password"
          value={old.value}
          native={{ autocomplete: "current-password", required: true }}
          onInput={(text) => {
            old.value = text;
          }}
        />
        <TextField
          label={t("password.new")}
          type="password"
          value={wanted.value}
          native={{ autocomplete: "new-password", required: true }}
          onInput={(text) => {
            wanted.value = text;
          }}
        />
        <TextField
          label={t("password.again")}
          type="password"
          value={repeated.value}
          error={unlike.value ? t("password.unlike") : null}
          native={{ autocomplete: "new-password", required: true }}
          onInput={(text) => {
            repeated.value = text;
            unlike.value = false;
          }}
        />
        <Refused order={order} />
        <Button kind="primary" type="submit" busy={order.busy.value}>
          {t("password.change")}
        </Button>
      </form>
    </Dialog>
  );
}
