// One person, to be added or changed. What is wrong with it the server says, under the button, in the words of its checks.

import { useSignal } from "@preact/signals";
import { api, at } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Checkbox, TextField } from "../../components/Field.tsx";
import { t } from "../../i18n/index.ts";
import { queueWords, roleWords } from "../../words.ts";
import type { Person, Staff } from "./staff.ts";

interface PersonProps {
  readonly staff: Staff;
  readonly person: Person;
  readonly onClose: () => void;
  readonly onSaved: () => Promise<void>;
}

/** "german 7, sales 9" as levels by skill; null where it cannot be read. */
export function levelsOf(text: string): Record<string, number> | null {
  const levels: Record<string, number> = {};
  for (const part of text.split(/[,;\n]/).map((one) => one.trim())) {
    if (part === "") continue;
    const found = /^(\S+)[\s:=]+(\d+)$/.exec(part);
    if (found?.[1] === undefined || found[2] === undefined) return null;
    levels[found[1]] = Number(found[2]);
  }
  return levels;
}

const written = (levels: Readonly<Record<string, number>>): string =>
  Object.entries(levels)
    .map(([name, level]) => `${name} ${level}`)
    .join(", ");

export function PersonDialog({ staff, person, onClose, onSaved }: PersonProps) {
  const order = useOrder();
  const isNew = person.id === "";
  const id = useSignal(person.id);
  const name = useSignal(person.name);
  const roles = useSignal<readonly string[]>(person.roles);
  const groups = useSignal<readonly string[]>(person.queue_groups);
  const device = useSignal(person.device ?? "");
  const skills = useSignal(written(person.skills));
  const queues = useSignal<Readonly<Record<string, number>>>(person.queues);
  const password = useSignal("");
  const levels = levelsOf(skills.value);

  const save = async (): Promise<void> => {
    const done = await order.run(() =>
      api.put(at("staff", "people", id.value), {
        name: name.value.trim(),
        roles: roles.value,
        queue_groups: groups.value,
        device: device.value.trim() || null,
        skills: levels ?? {},
        queues: queues.value,
        password: password.value || null,
        based_on: staff.version.number,
      }),
    );
    if (done) await onSaved();
  };
  const toggled = (all: readonly string[], one: string, on: boolean): readonly string[] =>
    on ? [...all, one] : all.filter((other) => other !== one);
  const serve = (queue: string, on: boolean): void => {
    const { [queue]: was, ...others } = queues.value;
    queues.value = on ? { ...others, [queue]: was ?? 1 } : others;
  };

  return (
    <Dialog
      kind="panel"
      title={isNew ? t("admin.add_person") : t("admin.change_person", { name: person.name })}
      onClose={onClose}
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {isNew && (
          <TextField
            label={t("admin.id")}
            hint={t("admin.id_hint")}
            native={{ required: true, maxLength: 64, autocomplete: "off" }}
            value={id.value}
            onInput={(value) => {
              id.value = value;
            }}
          />
        )}
        <TextField
          label={t("admin.name")}
          native={{ required: true, maxLength: 200, autocomplete: "off" }}
          value={name.value}
          onInput={(value) => {
            name.value = value;
          }}
        />
        <fieldset class="stack tight">
          <legend class="field-label">{t("admin.roles")}</legend>
          {staff.roles.map((role) => (
            <Checkbox
              key={role}
              label={roleWords(role)}
              checked={roles.value.includes(role)}
              onChange={(on) => {
                roles.value = toggled(roles.value, role, on);
              }}
            />
          ))}
        </fieldset>
        {staff.queue_groups.length > 0 && (
          <fieldset class="stack tight">
            <legend class="field-label">{t("admin.queue_groups")}</legend>
            <p class="soft small">{t("admin.queue_groups_hint")}</p>
            {staff.queue_groups.map((group) => (
              <Checkbox
                key={group}
                label={group}
                checked={groups.value.includes(group)}
                onChange={(on) => {
                  groups.value = toggled(groups.value, group, on);
                }}
              />
            ))}
          </fieldset>
        )}
        <TextField
          label={t("floor.phone")}
          hint={t("admin.device_hint")}
          value={device.value}
          onInput={(value) => {
            device.value = value;
          }}
        />
        <TextField
          label={t("floor.skills")}
          hint={t("admin.skills_hint")}
          error={levels === null ? t("admin.skills_wrong") : null}
          value={skills.value}
          onInput={(value) => {
            skills.value = value;
          }}
        />
        <fieldset class="stack tight">
          <legend class="field-label">{t("floor.queues")}</legend>
          <p class="soft small">{t("admin.queues_hint")}</p>
          {staff.queues.map((queue) => (
            <div class="row" key={queue}>
              <span class="grow">
                <Checkbox
                  label={queueWords(queue)}
                  checked={queue in queues.value}
                  onChange={(on) => serve(queue, on)}
                />
              </span>
              {queue in queues.value && (
                <span class="place">
                  <TextField
                    label={t("admin.place_of", { queue: queueWords(queue) })}
                    quietLabel
                    type="number"
                    native={{ min: 1, max: 10, step: 1, required: true }}
                    value={String(queues.value[queue])}
                    onInput={(place) => {
                      queues.value = { ...queues.value, [queue]: Number(place) };
                    }}
                  />
                </span>
              )}
            </div>
          ))}
        </fieldset>
        <TextField
          label={person.password_set ? t("admin.new_password") : t("sign_in.password")}
          hint={t("admin.password_hint")}
          type="password"
          native={{ autocomplete: "new-password" }}
          value={password.value}
          onInput={(value) => {
            password.value = value;
          }}
        />
        <Refused order={order} />
        <div>
          <Button type="submit" kind="primary" busy={order.busy.value} disabled={levels === null}>
            {t("admin.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
