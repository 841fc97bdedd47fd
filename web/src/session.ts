// Who is signed in at this browser, and what they may do.

import { computed, signal } from "@preact/signals";
import { api, onSignedOut, Refusal } from "./api.ts";
import { type Key, t } from "./i18n/index.ts";
import * as live from "./live/index.ts";
import type { Me, Role } from "./types.ts";

/** undefined: the server has not been asked yet. null: nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** Why somebody has to sign in (again); shown on the sign-in page. */
export const signInNote = signal<Key | null>(null);
/** The server could not be asked who is signed in. */
export const unreachable = signal(false);

export const has = (role: Role): boolean => me.value?.roles.includes(role) ?? false;
/** Whether the login has a permission of the API, such as "queues.write". */
export const may = (permission: string): boolean => me.value?.permissions.includes(permission) ?? false;
export const seesFloor = computed(() => may("see_floor"));

const RETRY_MS = 3_000;

/** Ask the server until it answers. */
export async function begin(): Promise<void> {
  try {
    enter(await api.get<Answer>("me"));
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 401) {
      me.value = null;
      return;
    }
    unreachable.value = true;
    setTimeout(() => void begin(), RETRY_MS);
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  enter(await api.post<Answer>("sign-in", { agent: name, password }));
}

/** True once the session is over; false where it ends at the contact's end, and then the pending state says so. */
export async function signOut(): Promise<boolean> {
  const answer = await api.post<{ signed_out: boolean }>("sign-out");
  if (answer.signed_out) leave("sign_in.signed_out");
  return answer.signed_out;
}

export function leave(note: Key | null): void {
  live.stop();
  signInNote.value = note;
  me.value = null;
}

interface Answer extends Partial<Omit<Me, "now_ms">> {
  readonly agent?: { readonly id: string; readonly name: string };
  readonly now_ms: number;
}

function enter(answer: Answer): void {
  live.heardTime(answer.now_ms);
  unreachable.value = false;
  signInNote.value = null;
  const roles = answer.roles ?? [];
  me.value = {
    id: answer.id ?? answer.agent?.id ?? "",
    name: answer.name ?? answer.agent?.name ?? t("common.unknown"),
    roles,
    permissions: answer.permissions ?? [],
    queue_groups: answer.queue_groups ?? [],
    takes_contacts: answer.takes_contacts ?? roles.includes("agent"),
    dispositions: answer.dispositions ?? [],
    not_ready_reasons: answer.not_ready_reasons ?? [],
    now_ms: answer.now_ms,
  };
}

onSignedOut(() => {
  if (me.peek()) leave("sign_in.session_ended");
});
let asking = false;

live.link.subscribe((link) => {
  if (me.peek() && (link === "lost" || link === "signed_out") && !asking) void stillSignedIn(link);
});

/**
 * Ask the server: one that refuses the socket does not say why, and one that closes it means the session that it was
 * opened with, while this browser may have a newer one. Where nobody is signed in, the 401 leads to onSignedOut.
 */
async function stillSignedIn(link: "lost" | "signed_out"): Promise<void> {
  asking = true;
  if (link === "signed_out") {
    const signedIn = await api.get("me").catch(() => null);
    if (signedIn && live.link.peek() === "signed_out") setTimeout(live.reconnect, RETRY_MS);
    else if (me.peek()) leave("sign_in.session_ended");
  }
  while (me.peek() && live.link.peek() === "lost") {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (live.link.peek() === "lost") await api.get("me").catch(() => undefined);
  }
  asking = false;
}
