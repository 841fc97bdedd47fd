// What has been written about this contact, by whoever had it before, and the agent's own draft.

import { useRef } from "preact/hooks";
import { api, at } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Card } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { TextArea } from "../../components/Field.tsx";
import { t } from "../../i18n/index.ts";
import { isLive } from "../../live/index.ts";
import { useShortcuts } from "../../shortcuts.ts";
import type { Note } from "../../types.ts";
import { draftOf } from "./drafts.ts";

export const MAX_NOTES = 4_000;

interface NotesProps {
  readonly contact: string;
  readonly notes: readonly Note[];
  /** In the wrap-up the draft is in its form. */
  readonly write: boolean;
}

export function Notes({ contact, notes, write }: NotesProps) {
  if (notes.length === 0 && !write) return null;
  return (
    <Card class="notes-card" title={t("agent.notes")}>
      <div class="stack tight">
        {notes.map((note) => (
          <article class="note" key={`${note.at_ms}-${note.by}`}>
            <p class="lines any">{note.text}</p>
            <p class="small soft">
              {note.by} · <Moment ms={note.at_ms} />
            </p>
          </article>
        ))}
        {write && <OwnNotes contact={contact} />}
      </div>
    </Card>
  );
}

function OwnNotes({ contact }: { readonly contact: string }) {
  const draft = draftOf(contact);
  const area = useRef<HTMLTextAreaElement>(null);
  useShortcuts([{ key: "n", label: "agent.key_notes", group: "agent.keys_contact", run: () => area.current?.focus() }]);
  const save = async (): Promise<void> => {
    await api.post(at("contacts", contact, "notes"), { text: draft.notes.value.trim() });
    draft.notes.value = "";
  };
  return (
    <>
      <TextArea
        label={t("agent.your_notes")}
        hint={t("agent.your_notes_hint")}
        value={draft.notes.value}
        maxLength={MAX_NOTES}
        areaRef={area}
        onInput={(text) => {
          draft.notes.value = text;
        }}
      />
      {draft.notes.value.trim() !== "" && (
        <Action size="small" icon="note" disabled={!isLive.value} act={save}>
          {t("agent.save_note")}
        </Action>
      )}
    </>
  );
}
