// What the agent has typed about a contact and not handed over yet: kept in this tab until it is.
//
// The one idea: the draft belongs to the contact and not to a field, so that notes begun in the talk go on in the
// wrap-up, travel with a transfer, survive a reload, and are not lost when the wrap-up's time runs out.

import { effect, type Signal, signal } from "@preact/signals";

export interface Draft {
  readonly notes: Signal<string>;
  readonly disposition: Signal<string | null>;
  readonly followUpOn: Signal<string>;
  /** The steps of the script that were gone, the present one last. */
  readonly steps: Signal<readonly string[]>;
}

const PREFIX = "callcenter.draft.";
const drafts = new Map<string, { draft: Draft; end: () => void }>();

interface Kept {
  readonly notes?: string;
  readonly disposition?: string | null;
  readonly followUpOn?: string;
  readonly steps?: readonly string[];
}

export function draftOf(contact: string): Draft {
  const known = drafts.get(contact);
  if (known) return known.draft;
  const kept = read(contact);
  const draft: Draft = {
    notes: signal(kept.notes ?? ""),
    disposition: signal(kept.disposition ?? null),
    followUpOn: signal(kept.followUpOn ?? ""),
    steps: signal(kept.steps ?? []),
  };
  const end = effect(() => {
    const text = JSON.stringify({
      notes: draft.notes.value,
      disposition: draft.disposition.value,
      followUpOn: draft.followUpOn.value,
      steps: draft.steps.value,
    });
    try {
      sessionStorage.setItem(PREFIX + contact, text);
    } catch {
      // no storage: it holds until the page is closed
    }
  });
  drafts.set(contact, { draft, end });
  return draft;
}

/** The contact is done with: its draft has been handed over, or nobody wants it. */
export function dropDraft(contact: string): void {
  drafts.get(contact)?.end();
  drafts.delete(contact);
  try {
    sessionStorage.removeItem(PREFIX + contact);
  } catch {
    // there was none to remove
  }
}

function read(contact: string): Kept {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(PREFIX + contact) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}
