// Choosing the phone to work at: those that there are, and who has which.

import { signal } from "@preact/signals";
import { useAnswer } from "../../answer.ts";
import { api } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Badge, DeviceBadge } from "../../components/Badge.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { type Option, Picker } from "../../components/Picker.tsx";
import { t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";
import { me } from "../../session.ts";
import type { Phones } from "../../types.ts";

/** Whether the dialog is open: more than one place on the page opens it. */
export const choosingPhone = signal(false);

/** Whether nothing can be offered before one is chosen. */
export const hasNoPhone = (): boolean => store.entry("phone").value?.device === null;

export function PhoneDialog() {
  const asked = useAnswer<Phones>("devices");
  const order = useOrder();
  const close = (): void => {
    choosingPhone.value = false;
  };
  const choose = async ({ value }: Option<string>): Promise<void> => {
    if (await order.run(() => api.post("device", { device: value }), value)) close();
    else void asked.again();
  };
  return (
    <Dialog title={t("agent.choose_phone")} onClose={close}>
      <p class="soft">{t("agent.choose_phone_hint")}</p>
      <Answered asked={asked}>
        {({ devices }) => (
          <Picker
            label={t("agent.your_phone")}
            placeholder={t("agent.search_phone")}
            options={devices.map(optionOf)}
            chosen={store.entry("phone").value?.device ?? null}
            onChoose={(option) => void choose(option)}
            autoFocus
          />
        )}
      </Answered>
      <Refused order={order} />
    </Dialog>
  );
}

function optionOf({ device, status, used_by: user, own }: Phones["devices"][number]): Option<string> {
  const isTaken = user !== null && user.id !== me.peek()?.id;
  return {
    id: device,
    value: device,
    label: device,
    disabled: isTaken,
    also: user?.name ?? "",
    aside: (
      <span class="row">
        {own && <Badge>{t("agent.own_phone")}</Badge>}
        {isTaken ? <span class="small">{user.name}</span> : <DeviceBadge device={status} />}
      </span>
    ),
  };
}
