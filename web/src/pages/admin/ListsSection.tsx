// Skills, dispositions and the reasons for not being ready: plain lists, that stand in the rules and are published there.

import { useSignal } from "@preact/signals";
import { useAnswer } from "../../answer.ts";
import { api, at } from "../../api.ts";
import { Refused, useOrder } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Button } from "../../components/Button.tsx";
import { Card } from "../../components/Card.tsx";
import { TextField } from "../../components/Field.tsx";
import { toast } from "../../components/Toasts.tsx";
import { list } from "../../i18n/format.ts";
import { type Key, t } from "../../i18n/index.ts";
import { may } from "../../session.ts";
import type { StaffList } from "./staff.ts";

const LISTS: readonly { readonly name: string; readonly label: Key }[] = [
  { name: "skills", label: "admin.skills" },
  { name: "dispositions", label: "admin.dispositions" },
  { name: "not-ready-reasons", label: "admin.reasons" },
];

export function ListsSection() {
  return (
    <>
      {LISTS.map(({ name, label }) => (
        <PlainList key={name} name={name} label={label} />
      ))}
    </>
  );
}

function PlainList({ name, label }: { readonly name: string; readonly label: Key }) {
  const asked = useAnswer<StaffList>(at("staff", "lists", name));
  return (
    <Card title={t(label)}>
      <Answered asked={asked}>{(found) => <Values name={name} found={found} again={asked.again} />}</Answered>
    </Card>
  );
}

interface ValuesProps {
  readonly name: string;
  readonly found: StaffList;
  readonly again: () => Promise<void>;
}

function Values({ name, found, again }: ValuesProps) {
  const order = useOrder();
  const added = useSignal("");
  const publishes = may("publish_rules");
  const publish = async (values: readonly string[]): Promise<void> => {
    const body = { values, based_on: found.rules_version };
    if (!(await order.run(() => api.put(at("staff", "lists", name), body)))) return;
    added.value = "";
    toast(t("admin.saved"), "good");
    await again();
  };
  return (
    <div class="stack tight">
      <ul class="values">
        {found.values.map((value) => {
          const users = found.used_by[value] ?? [];
          return (
            <li key={value} class="row apart">
              <span class="any">
                <span class="strong">{value}</span>{" "}
                {users.length > 0 && (
                  <span class="soft small">
                    {t("admin.used_by", {
                      users: list(users.slice(0, 6).map((user) => Object.values(user).join(" "))),
                    })}
                    {users.length > 6 && ` ${t("admin.and_more", { count: users.length - 6 })}`}
                  </span>
                )}
              </span>
              {publishes && (
                <Button
                  size="small"
                  kind="quiet"
                  icon="close"
                  label={t("admin.remove_value", { value })}
                  disabled={users.length > 0 || order.busy.value}
                  onClick={() => void publish(found.values.filter((other) => other !== value))}
                />
              )}
            </li>
          );
        })}
      </ul>
      {publishes && (
        <form
          class="order"
          onSubmit={(event) => {
            event.preventDefault();
            void publish([...found.values, added.value.trim()]);
          }}
        >
          <TextField
            label={t("admin.add_value")}
            value={added.value}
            onInput={(value) => {
              added.value = value;
            }}
          />
          <Button type="submit" busy={order.busy.value} disabled={added.value.trim() === ""}>
            {t("admin.add")}
          </Button>
        </form>
      )}
      <Refused order={order} />
    </div>
  );
}
