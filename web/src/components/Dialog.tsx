// Dialogs: a box in the middle, or a panel at the side for a drill-down; and asking back.
//
// The one idea: the browser's own <dialog> keeps the focus inside and gives it back; here it only opens and closes.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { Button } from "./Button.tsx";

const FIRST = ".dialog-body :is(input, select, textarea):not(:disabled), .dialog-foot button";

interface DialogProps {
  readonly title: ComponentChildren;
  readonly kind?: "box" | "panel";
  readonly onClose: () => void;
  /** At the end, such as the buttons of a form. */
  readonly footer?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** Open as long as it is on the page. */
export function Dialog({ title, kind = "box", onClose, footer, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    // To what the dialog is about, not to its close button.
    dialog?.querySelector<HTMLElement>(FIRST)?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${kind}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault(); // it closes by going from the page
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose(); // beside it
      }}
    >
      <div class="dialog-head">
        <h2 id={id} class="grow any">
          {title}
        </h2>
        <Button kind="quiet" icon="close" label={t("common.close")} onClick={onClose} />
      </div>
      <div class="dialog-body">{children}</div>
      {footer && <div class="dialog-foot">{footer}</div>}
    </dialog>
  );
}

interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly danger?: boolean;
}

const asked = signal<(Question & { readonly answer: (yes: boolean) => void }) | null>(null);

/** Ask back before something that cannot be undone; true where the user wants it. */
export function confirm(question: Question): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (yes) => {
        asked.value = null;
        resolve(yes);
      },
    };
  });
}

/** Where the questions appear; once in the application. */
export function Questions() {
  const question = asked.value;
  if (question === null) return null;
  return (
    <Dialog
      title={question.title}
      onClose={() => question.answer(false)}
      footer={
        <>
          <Button onClick={() => question.answer(false)}>{t("common.cancel")}</Button>
          <Button kind={question.danger ? "danger" : "primary"} onClick={() => question.answer(true)}>
            {question.yes}
          </Button>
        </>
      }
    >
      <p>{question.text}</p>
    </Dialog>
  );
}
