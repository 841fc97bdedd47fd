// A list to search in: type, go with the arrow keys, take with Enter (the combobox pattern of WAI-ARIA).

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";

export interface Option<T> {
  readonly id: string;
  readonly value: T;
  readonly label: string;
  /** At the end of the line, such as a state. */
  readonly aside?: ComponentChildren;
  /** Further words that a search finds it by. */
  readonly also?: string;
  readonly group?: string;
  readonly disabled?: boolean;
}

interface PickerProps<T> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly chosen: string | null;
  readonly onChoose: (option: Option<T>) => void;
  /** An option made of what was typed, such as a telephone number. */
  readonly typed?: (text: string) => Option<T> | null;
  readonly placeholder?: string;
  readonly autoFocus?: boolean;
  readonly loading?: boolean;
}

const fits = (option: Option<unknown>, words: readonly string[]): boolean => {
  const text = `${option.label} ${option.also ?? ""} ${option.group ?? ""}`.toLocaleLowerCase();
  return words.every((word) => text.includes(word));
};

export function Picker<T>(props: PickerProps<T>) {
  const { label, options, chosen, onChoose, typed, placeholder, autoFocus, loading } = props;
  const id = useId();
  const text = useSignal("");
  const active = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (autoFocus) input.current?.focus();
  }, []);

  const words = text.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const own = text.value.trim() ? typed?.(text.value.trim()) : null;
  const found = [...options.filter((option) => fits(option, words)), ...(own ? [own] : [])];
  const groups = [...new Set(found.map((option) => option.group ?? ""))];
  const shown = groups.flatMap((group) => found.filter((option) => (option.group ?? "") === group));
  const at = Math.min(active.value, Math.max(0, shown.length - 1));

  const step = (by: number): void => {
    if (shown.length === 0) return;
    active.value = (at + by + shown.length) % shown.length;
    box.current?.querySelectorAll('[role="option"]')[active.value]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter") {
      const option = shown[at];
      if (option && !option.disabled) onChoose(option);
    } else return;
    event.preventDefault();
  };

  return (
    <div class="picker">
      <label for={id} class="unseen">
        {label}
      </label>
      <input
        id={id}
        ref={input}
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown[at] ? `${id}-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder ?? label}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          active.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label={label} ref={box} tabIndex={-1}>
        {groups.map((group) => (
          <div key={group} role="presentation">
            {group && <span class="picker-group">{group}</span>}
            <div role="group" aria-label={group || label}>
              {shown.map((option, index) =>
                (option.group ?? "") !== group ? null : (
                  <div
                    key={option.id}
                    id={`${id}-${index}`}
                    role="option"
                    aria-selected={option.id === chosen}
                    aria-disabled={option.disabled || undefined}
                    class={index === at ? "active" : undefined}
                    onMouseDown={(event) => event.preventDefault()} // the focus stays in the field
                    onClick={() => !option.disabled && onChoose(option)}
                  >
                    <span class="grow any">{option.label}</span>
                    {option.aside}
                  </div>
                ),
              )}
            </div>
          </div>
        ))}
        {shown.length === 0 && (
          <div role="presentation" class="picker-none soft">
            {loading ? t("common.loading") : t("picker.nothing_found")}
          </div>
        )}
      </div>
    </div>
  );
}
