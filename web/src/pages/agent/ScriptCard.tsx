// The script of this queue: what to say now, and where each answer of the customer leads.

import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../components/Button.tsx";
import { Card } from "../../components/Card.tsx";
import { t } from "../../i18n/index.ts";
import type { Script } from "../../types.ts";
import { draftOf } from "./drafts.ts";
import { pathOf, stepOf } from "./script.ts";

export function ScriptCard({ contact, script }: { readonly contact: string; readonly script: Script }) {
  const draft = draftOf(contact);
  const path = pathOf(script, draft.steps.value);
  const step = stepOf(script, path);
  const said = useRef<HTMLParagraphElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) said.current?.focus(); // the answer that was pressed is gone; go on with the next step
  }, [path.length]);
  const goTo = (steps: readonly string[]): void => {
    moved.current = true;
    draft.steps.value = steps;
  };
  if (step === undefined) return null;
  return (
    <Card
      title={t("agent.script", { name: script.title })}
      aside={
        <span class="row">
          {path.length > 1 && (
            <>
              <Button kind="quiet" size="small" icon="back" onClick={() => goTo(path.slice(0, -1))}>
                {t("agent.script_back")}
              </Button>
              <Button kind="quiet" size="small" onClick={() => goTo(path.slice(0, 1))}>
                {t("agent.script_restart")}
              </Button>
            </>
          )}
        </span>
      }
    >
      <p class="script-say lines any" ref={said} tabIndex={-1}>
        {step.text}
      </p>
      {step.choices.length > 0 ? (
        <div class="row wrap script-answers" role="group" aria-label={t("agent.script_answers")}>
          {step.choices.map((choice) => (
            <Button key={choice.label} onClick={() => goTo([...path, choice.to])}>
              {choice.label}
            </Button>
          ))}
        </div>
      ) : (
        path.length > 1 && <p class="small soft script-answers">{t("agent.script_end")}</p>
      )}
    </Card>
  );
}
