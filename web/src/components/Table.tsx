// Tables whose rows live: each row is a component that reads its own entry, so one changed entry draws one row.
//
// The one idea: the table knows keys and their order, a row knows its values. The order is computed from the values by
// which it is sorted, and the table is drawn again only when the order itself has changed.

import { type ReadonlySignal, type Signal, useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { compareNames } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Icon } from "./Icon.tsx";

export interface Column<T> {
  readonly id: string;
  readonly label: string;
  readonly cell: (row: T) => ComponentChildren;
  /** What to sort by; without it the column cannot be sorted. null comes last, whichever way. */
  readonly sort?: (row: T) => string | number | null;
  readonly number?: boolean;
  /** The label is for screen readers only, such as above buttons. */
  readonly quietLabel?: boolean;
  /** Left out on narrow screens. */
  readonly wide?: boolean;
}

/** `column` is none of the table's ids: the order in which the rows came. */
export interface Sorting {
  readonly column: string;
  readonly down: boolean;
}

interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly keys: ReadonlySignal<readonly string[]>;
  /** The entry of a key; a signal, so that its row follows it. */
  readonly read: (key: string) => ReadonlySignal<T | undefined>;
  /** Which rows to show. Reads signals, so that a filter that changes is followed. */
  readonly filter?: (row: T) => boolean;
  /** Keep it with keptState() where a user comes back to the view. */
  readonly sorting?: Signal<Sorting>;
  readonly onOpen?: (key: string) => void;
  readonly tone?: (row: T) => string | undefined;
  /** What stands there while there are no rows. */
  readonly empty?: ComponentChildren;
  /** On narrow screens each row becomes a small card with labelled values. */
  readonly cards?: boolean;
}

export function Table<T>(props: TableProps<T>) {
  const { label, columns, keys, read, filter, sorting, empty, cards = false } = props;
  const rows = useMemo(
    () => keyedOrder(() => props.keys.value, read, filter, columns, sorting),
    [keys, read, filter, columns, sorting],
  );
  const order = useComputed(rows);
  const shown = order.value === "" ? [] : order.value.split("\n");
  if (shown.length === 0 && empty) return <>{empty}</>;
  return (
    <div class="table-scroll">
      <table class={cards ? "cards" : undefined} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.id} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((key) => (
            <Row key={key} name={key} columns={columns} read={read} tone={props.tone} onOpen={props.onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The keys in their order as one text: equal texts, equal orders. Keys have no line breaks. */
function keyedOrder<T>(
  keys: () => readonly string[],
  read: (key: string) => ReadonlySignal<T | undefined>,
  filter: ((row: T) => boolean) | undefined,
  columns: readonly Column<T>[],
  sorting: ReadonlySignal<Sorting> | undefined,
): () => string {
  return () => {
    const by = sorting?.value;
    const column = columns.find((one) => one.id === by?.column);
    const rows: { key: string; value: string | number | null }[] = [];
    for (const key of keys()) {
      const row = read(key).value;
      if (row === undefined || (filter && !filter(row))) continue;
      rows.push({ key, value: column?.sort?.(row) ?? null });
    }
    if (column?.sort) rows.sort((one, other) => compare(one.value, other.value, by?.down ?? false));
    return rows.map(({ key }) => key).join("\n");
  };
}

function compare(one: string | number | null, other: string | number | null, down: boolean): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  const order =
    typeof one === "string" || typeof other === "string" ? compareNames(String(one), String(other)) : one - other;
  return down ? -order : order;
}

function Head<T>({ column, sorting }: { readonly column: Column<T>; readonly sorting: Signal<Sorting> | undefined }) {
  const mine = sorting?.value.column === column.id;
  const down = mine && sorting?.value.down === true;
  const name = `${column.number ? "number" : ""} ${column.wide ? "wide" : ""}`;
  if (!column.sort || !sorting) {
    return (
      <th scope="col" class={name}>
        <span class={column.quietLabel ? "unseen" : undefined}>{column.label}</span>
      </th>
    );
  }
  return (
    <th scope="col" class={name} aria-sort={mine ? (down ? "descending" : "ascending") : "none"}>
      <button
        type="button"
        class="sort"
        title={t("table.sort_by", { column: column.label })}
        onClick={() => {
          sorting.value = { column: column.id, down: mine ? !down : false };
        }}
      >
        {column.label}
        <span class={`arrow ${mine ? "" : "unsorted"} ${down ? "" : "up"}`}>
          <Icon name="chevron" size={12} />
        </span>
      </button>
    </th>
  );
}

interface RowProps<T> {
  readonly name: string;
  readonly columns: readonly Column<T>[];
  readonly read: (key: string) => ReadonlySignal<T | undefined>;
  readonly tone: ((row: T) => string | undefined) | undefined;
  readonly onOpen: ((key: string) => void) | undefined;
}

function Row<T>({ name, columns, read, tone, onOpen }: RowProps<T>) {
  const row = read(name).value;
  if (row === undefined) return null;
  // The keyboard's way in is the link or button that one of the cells has; the row is a larger target for the mouse.
  return (
    <tr
      data-key={name}
      data-tone={tone?.(row)}
      class={onOpen ? "opens" : undefined}
      onClick={(event) => {
        if (!(event.target instanceof Element) || event.target.closest("a, button, input, select")) return;
        onOpen?.(name);
      }}
    >
      {columns.map((column) => (
        <td
          key={column.id}
          class={`${column.number ? "number" : ""} ${column.wide ? "wide" : ""}`}
          data-label={column.label}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}
