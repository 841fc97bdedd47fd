// The place of an answer of the API: that it is on its way, why it did not come, or what is made of it.

import type { ComponentChildren } from "preact";
import type { Asked } from "../answer.ts";
import { t } from "../i18n/index.ts";
import { Button } from "./Button.tsx";
import { Notice } from "./Card.tsx";

interface AnsweredProps<T> {
  readonly asked: Asked<T>;
  readonly children: (value: T) => ComponentChildren;
}

export function Answered<T>({ asked, children }: AnsweredProps<T>) {
  const value = asked.value.value;
  const refusal = asked.refusal.value;
  return (
    <>
      {refusal && (
        <Notice
          tone="bad"
          say
          aside={
            <Button size="small" onClick={() => void asked.again()}>
              {t("common.try_again")}
            </Button>
          }
        >
          <strong>{refusal.message}</strong> {refusal.remedy}
        </Notice>
      )}
      {value !== null ? children(value) : !refusal && <p class="soft">{t("common.loading")}</p>}
    </>
  );
}
