// Everybody who works here. Each change is a version: checked first, in force at once, and never over somebody else's.

import { computed, type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { useAnswer } from "../../answer.ts";
import { api, at } from "../../api.ts";
import { Action } from "../../components/Action.tsx";
import { Answered } from "../../components/Answered.tsx";
import { Badge } from "../../components/Badge.tsx";
import { Button } from "../../components/Button.tsx";
import { Card, Empty } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { confirm } from "../../components/Dialog.tsx";
import { SearchField } from "../../components/Field.tsx";
import { type Column, type Sorting, Table } from "../../components/Table.tsx";
import { toast } from "../../components/Toasts.tsx";
import { list } from "../../i18n/format.ts";
import { locale, t } from "../../i18n/index.ts";
import { keptState } from "../../router.ts";
import { may } from "../../session.ts";
import { queueWords, roleWords } from "../../words.ts";
import { PersonDialog } from "./PersonDialog.tsx";
import { type Person, plain, type Staff } from "./staff.ts";

const NEW: Person = {
  id: "",
  name: "",
  roles: ["agent"],
  queue_groups: [],
  device: null,
  skills: {},
  queues: {},
  password_set: false,
};

export function PeopleSection() {
  const asked = useAnswer<Staff>("staff");
  return <Answered asked={asked}>{(staff) => <People staff={staff} again={asked.again} />}</Answered>;
}

function People({ staff, again }: { readonly staff: Staff; readonly again: () => Promise<void> }) {
  const open = useSignal<Person | null>(null);
  const search = keptState("admin.people.search", "");
  const manages = may("manage_staff");
  const people = useSignal(staff.people);
  people.value = staff.people;
  const keys = useComputed(() => people.value.map((person) => person.id));
  const byId = useComputed(() => new Map(people.value.map((person) => [person.id, person])));
  const read = useMemo(() => {
    const cells = new Map<string, ReadonlySignal<Person | undefined>>();
    return (id: string) => {
      const known = cells.get(id) ?? computed(() => byId.value.get(id));
      cells.set(id, known);
      return known;
    };
  }, []);
  const filter = useMemo(
    () => (person: Person) => {
      const text = `${person.id} ${person.name} ${person.device ?? ""} ${Object.keys(person.skills).join(" ")}`;
      return text.toLocaleLowerCase().includes(search.value.toLocaleLowerCase());
    },
    [],
  );
  const columns = useMemo(() => columnsOf(manages, open, staff.version.number, again), [locale.value, staff.version]);
  return (
    <Card
      title={t("admin.people")}
      aside={
        <div class="row wrap">
          <a class="button plain small" href="/api/v1/staff/agents.csv" download="agents.csv">
            {t("admin.export")}
          </a>
          {manages && (
            <Button
              size="small"
              kind="primary"
              onClick={() => {
                open.value = NEW;
              }}
            >
              {t("admin.add_person")}
            </Button>
          )}
        </div>
      }
    >
      <p class="soft small">
        {t("admin.version", { number: staff.version.number, author: staff.version.author })}{" "}
        {staff.version.at_ms > 0 && <Moment ms={staff.version.at_ms} />} {staff.version.message}
      </p>
      <div class="filters">
        <div class="search">
          <SearchField label={t("admin.search")} text={search} />
        </div>
      </div>
      <Table
        label={t("admin.people")}
        columns={columns}
        keys={keys}
        read={read}
        filter={filter}
        sorting={keptState<Sorting>("admin.people.sorting", { column: "name", down: false })}
        cards
        empty={<Empty title={t("admin.nobody")} />}
      />
      {open.value && (
        <PersonDialog
          staff={staff}
          person={open.value}
          onClose={() => {
            open.value = null;
          }}
          onSaved={async () => {
            open.value = null;
            toast(t("admin.saved"), "good");
            await again();
          }}
        />
      )}
    </Card>
  );
}

function columnsOf(
  manages: boolean,
  open: { value: Person | null },
  version: number,
  again: () => Promise<void>,
): readonly Column<Person>[] {
  const remove = async (person: Person): Promise<void> => {
    const sure = await confirm({
      title: t("admin.remove_title", { name: person.name }),
      text: t("admin.remove_text"),
      yes: t("admin.remove"),
      danger: true,
    });
    if (!sure) return;
    await api.delete(`${at("staff", "people", person.id)}?based_on=${version}`);
    await again();
  };
  return [
    {
      id: "name",
      label: t("admin.name"),
      sort: (person) => person.name,
      cell: (person) => (
        <span>
          <span class="strong">{person.name}</span> <span class="soft">{person.id}</span>
        </span>
      ),
    },
    {
      id: "roles",
      label: t("admin.roles"),
      sort: (person) => person.roles.join(),
      cell: (person) => (
        <span class="row wrap">
          {person.roles.map((role) => (
            <Badge key={role}>{roleWords(role)}</Badge>
          ))}
        </span>
      ),
    },
    { id: "device", label: t("floor.phone"), sort: (person) => person.device, cell: (person) => person.device ?? "–" },
    { id: "skills", label: t("floor.skills"), wide: true, cell: (person) => plain(person.skills) },
    {
      id: "queues",
      label: t("floor.queues"),
      wide: true,
      cell: (person) => list(Object.keys(person.queues).map((name) => queueWords(name))),
    },
    {
      id: "password",
      label: t("sign_in.password"),
      cell: (person) => (person.password_set ? t("admin.password_set") : t("admin.no_password")),
    },
    {
      id: "orders",
      label: t("floor.orders"),
      quietLabel: true,
      cell: (person) =>
        manages && (
          <span class="row wrap">
            <Button
              size="small"
              label={t("admin.change_person", { name: person.name })}
              onClick={() => {
                open.value = person;
              }}
            >
              {t("admin.change")}
            </Button>
            <Action
              size="small"
              kind="danger"
              label={t("admin.remove_person", { name: person.name })}
              act={() => remove(person)}
            >
              {t("admin.remove")}
            </Action>
          </span>
        ),
    },
  ];
}
