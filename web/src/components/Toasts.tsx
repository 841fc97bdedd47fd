// Short words about what is tied to no control. A refusal never goes here: it stands where the order was given.

import { signal } from "@preact/signals";
import { t } from "../i18n/index.ts";
import { Button } from "./Button.tsx";
import { Icon } from "./Icon.tsx";

interface Toast {
  readonly id: number;
  readonly tone: "info" | "good" | "warn" | "bad";
  readonly text: string;
}

const SHOWN_MS = 7_000;
const MOST = 4; // the oldest goes

const toasts = signal<readonly Toast[]>([]);
let last = 0;

export function toast(text: string, tone: Toast["tone"] = "info"): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value, { id, tone, text }].slice(-MOST);
  if (tone !== "bad") setTimeout(() => close(id), SHOWN_MS); // bad news waits for its reader
}

function close(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class="toast" data-tone={one.tone === "info" ? "accent" : one.tone}>
          <Icon name={one.tone === "good" ? "check" : one.tone === "info" ? "info" : "warn"} />
          <p class="grow any">{one.text}</p>
          <Button kind="quiet" size="small" icon="close" label={t("common.close")} onClick={() => close(one.id)} />
        </div>
      ))}
    </div>
  );
}
