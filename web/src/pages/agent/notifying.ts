// Notifications of the desktop, for who has another window in front. Asked for by a button, never by surprise.

import { signal } from "@preact/signals";

type Permission = NotificationPermission | "unsupported";

/** Without TLS browsers know no notifications, except on the machine itself. */
const isSupported = (): boolean => "Notification" in globalThis && globalThis.isSecureContext;

export const permission = signal<Permission>(isSupported() ? Notification.permission : "unsupported");

export async function askPermission(): Promise<void> {
  if (isSupported()) permission.value = await Notification.requestPermission();
}

/** Tell somebody who does not look at the page; the answer takes it back. */
export function notify(title: string, body: string, tag: string): () => void {
  if (permission.peek() !== "granted" || (document.visibilityState === "visible" && document.hasFocus())) {
    return () => undefined;
  }
  try {
    const notification = new Notification(title, { body, tag, icon: "/icon.svg", requireInteraction: true });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
    return () => notification.close();
  } catch {
    return () => undefined; // some phones know the word and forbid the deed
  }
}
