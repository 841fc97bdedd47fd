// Signing out: at once, or at the end of the contact in hand.

import { Action } from "../components/Action.tsx";
import { toast } from "../components/Toasts.tsx";
import { t } from "../i18n/index.ts";
import { signOut } from "../session.ts";

export function SignOut() {
  return (
    <Action
      kind="quiet"
      icon="out"
      act={async () => {
        if (!(await signOut())) toast(t("sign_out.after_contact"));
      }}
    >
      {t("sign_out.button")}
    </Action>
  );
}
