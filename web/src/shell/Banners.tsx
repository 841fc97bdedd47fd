// What concerns the whole page: it is not live, or a PBX is away.

import { Button } from "../components/Button.tsx";
import { Notice } from "../components/Card.tsx";
import { timeWithSeconds } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { asOf, link, reconnect, retryIn } from "../live/index.ts";
import { unreachable } from "../session.ts";

/** Says that what is seen is old, since when, and when the next attempt is made. */
export function LinkBanner() {
  const state = link.value;
  if (state === "elsewhere") {
    return (
      <Notice tone="warn" say aside={<Button onClick={reconnect}>{t("link.use_here")}</Button>}>
        {t("link.elsewhere")}
      </Notice>
    );
  }
  if (state === "outdated") {
    return (
      <Notice tone="warn" say aside={<Button onClick={() => location.reload()}>{t("page.reload")}</Button>}>
        {t("link.outdated")}
      </Notice>
    );
  }
  if (state === "refused") {
    return (
      <Notice tone="bad" say>
        {t("link.refused")}
      </Notice>
    );
  }
  if (state !== "lost") return null;
  return (
    <Notice tone="bad" say aside={<RetryNow />}>
      <strong>{t("link.not_live", { time: timeWithSeconds(asOf.value) })}</strong> {t("link.coming_back")}
    </Notice>
  );
}

function RetryNow() {
  const seconds = retryIn.value;
  return (
    <span class="row">
      <span class="small timer" aria-hidden="true">
        {seconds !== null && t("link.next_try", { count: seconds })}
      </span>
      <Button size="small" onClick={reconnect}>
        {t("link.try_now")}
      </Button>
    </span>
  );
}

export function UnreachableBanner() {
  return unreachable.value ? (
    <Notice tone="bad" say>
      {t("link.unreachable")}
    </Notice>
  ) : null;
}
