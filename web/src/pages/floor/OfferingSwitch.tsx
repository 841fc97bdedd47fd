// No more offers, before maintenance, and again: for those who may.

import { api } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { confirm } from "../../components/Dialog.tsx";
import { t } from "../../i18n/index.ts";
import { isLive, store } from "../../live/index.ts";
import { may } from "../../session.ts";

export function OfferingSwitch() {
  const center = store.entry("center").value;
  if (!may("stop_offering") || center === undefined) return null;
  const stopped = center.offering_stopped_by !== null;
  const set = async (): Promise<void> => {
    const question = { title: t("floor.stop_title"), text: t("floor.stop_text"), yes: t("floor.stop"), danger: true };
    if (stopped || (await confirm(question))) await api.post("offering", { offering: stopped });
  };
  return (
    <Action act={set} disabled={!isLive.value} kind={stopped ? "primary" : "plain"}>
      {stopped ? t("floor.go_on") : t("floor.stop")}
    </Action>
  );
}
