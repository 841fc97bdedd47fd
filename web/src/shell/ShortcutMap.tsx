// All that the keyboard does on this page, shown on `?`.

import { signal } from "@preact/signals";
import { Dialog } from "../components/Dialog.tsx";
import { t } from "../i18n/index.ts";
import { singleKeys } from "../prefs.ts";
import { shortcuts, useShortcuts } from "../shortcuts.ts";

const shown = signal(false);

export function showShortcuts(): void {
  shown.value = true;
}

export function ShortcutMap() {
  useShortcuts([{ key: "?", label: "shortcuts.show", group: "shortcuts.everywhere", run: showShortcuts }]);
  if (!shown.value) return null;
  const all = shortcuts();
  const groups = [...new Set(all.map(({ group }) => group))];
  return (
    <Dialog
      title={t("shortcuts.title")}
      onClose={() => {
        shown.value = false;
      }}
    >
      <p class="soft">{singleKeys.value ? t("shortcuts.hint") : t("shortcuts.hint_alt")}</p>
      {groups.map((group) => (
        <section key={group} class="stack tight">
          <h3>{t(group)}</h3>
          <dl class="keys">
            {all
              .filter((one) => one.group === group)
              .map((one) => (
                <div key={one.key}>
                  <dt>{t(one.label)}</dt>
                  <dd>
                    {!singleKeys.value && <kbd>Alt</kbd>} <kbd>{one.key.toUpperCase()}</kbd>
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
