// Notes that are still a draft when the wrap-up's time runs out go to the contact all the same.

import { useEffect, useRef } from "preact/hooks";
import { api, at, Refusal } from "../../api.ts";
import { toast } from "../../components/Toasts.tsx";
import { t } from "../../i18n/index.ts";
import { store } from "../../live/index.ts";
import { draftOf, dropDraft } from "./drafts.ts";

/** Contacts whose draft somebody hands over at this moment, with the order that ends them. */
export const handedOver = new Set<string>();

export function useKeptNotes(): void {
  const state = store.entry("state").value;
  const contact = state?.contact ?? null;
  const last = useRef<string | null>(null);
  useEffect(() => {
    const before = last.current;
    last.current = contact;
    if (before === null || before === contact || state === undefined) return;
    if (handedOver.has(before)) return;
    void keep(before);
  }, [contact]);
}

async function keep(contact: string): Promise<void> {
  const text = draftOf(contact).notes.value.trim();
  if (text === "") {
    dropDraft(contact);
    return;
  }
  try {
    await api.post(at("contacts", contact, "notes"), { text });
    dropDraft(contact);
    toast(t("agent.notes_kept"), "good");
  } catch {
    toast(t("agent.notes_not_kept", { text }), "bad"); // the words stay readable, and in the draft
  }
}

/** Give an order that takes the draft along; the draft goes once the order is taken. */
export async function handOver(contact: string, order: () => Promise<unknown>): Promise<void> {
  handedOver.add(contact);
  try {
    await order();
    dropDraft(contact);
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 409) {
      handedOver.delete(contact); // nobody took the draft
      if (store.entry("state").value?.contact !== contact) {
        toast(failure.message, "bad"); // its time ran out meanwhile, and the form that would show it is gone
        await keep(contact);
      }
    }
    throw failure;
  } finally {
    // The state that follows from the order may come a moment after its answer.
    setTimeout(() => handedOver.delete(contact), 5_000);
  }
}
