// Fields of forms: a label, the control, a hint, and what is wrong with it.

import type { Signal } from "@preact/signals";
import type { ComponentChildren, Ref } from "preact";
import { useId } from "preact/hooks";

interface Common {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | null;
  /** The label is for screen readers only. */
  readonly quietLabel?: boolean;
}

interface FrameProps extends Common {
  readonly children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ComponentChildren;
}

function Frame({ label, hint, error, quietLabel = false, children }: FrameProps) {
  const id = useId();
  const notes = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id} class={quietLabel ? "unseen" : undefined}>
        {label}
      </label>
      {children({ id, describedBy: notes || undefined, invalid: Boolean(error) })}
      {hint && (
        <p id={`${id}-hint`} class="soft small">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} class="field-error">
          {error}
        </p>
      )}
    </div>
  );
}

/** What the browser's own field knows besides: autocomplete, required, maxLength, min, max … */
type Native = Readonly<Record<string, string | number | boolean>>;

interface TextFieldProps extends Common {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "password" | "search" | "number" | "date" | "tel" | "url" | "time";
  readonly fieldRef?: Ref<HTMLInputElement>;
  readonly native?: Native;
}

export function TextField({ value, onInput, type = "text", fieldRef, native, ...common }: TextFieldProps) {
  return (
    <Frame {...common}>
      {({ id, describedBy, invalid }) => (
        <input
          {...({ type, ...native } as object)}
          id={id}
          ref={fieldRef ?? null}
          value={value}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Frame>
  );
}

/** Looks through a list while one types; the hint in the field is its label. */
export function SearchField({ label, text }: { readonly label: string; readonly text: Signal<string> }) {
  return (
    <TextField
      label={label}
      quietLabel
      type="search"
      native={{ placeholder: label }}
      value={text.value}
      onInput={(value) => {
        text.value = value;
      }}
    />
  );
}

interface TextAreaProps extends Common {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly rows?: number;
  readonly maxLength?: number;
  readonly areaRef?: Ref<HTMLTextAreaElement>;
}

export function TextArea({ value, onInput, rows = 3, maxLength, areaRef, ...common }: TextAreaProps) {
  return (
    <Frame {...common}>
      {({ id, describedBy, invalid }) => (
        <textarea
          id={id}
          ref={areaRef ?? null}
          rows={rows}
          maxLength={maxLength}
          value={value}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Frame>
  );
}

interface SelectProps extends Common {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string; readonly disabled?: boolean }[];
  readonly disabled?: boolean;
  readonly required?: boolean;
}

export function Select({ value, onChange, options, disabled, required, ...common }: SelectProps) {
  return (
    <Frame {...common}>
      {({ id, describedBy, invalid }) => (
        <select
          id={id}
          value={value}
          disabled={disabled}
          required={required}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

interface CheckboxProps {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Checkbox({ label, checked, disabled, onChange }: CheckboxProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}

interface ChipsProps {
  readonly label: string;
  readonly name: string;
  readonly value: string | null;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
}

/** One of several words, all in sight; arrow keys go from one to the next. */
export function Chips({ label, name, value, options, onChange }: ChipsProps) {
  const id = useId();
  return (
    <fieldset class="chips-field">
      <legend>{label}</legend>
      <div class="chips">
        {options.map((option) => (
          <span class="chip" key={option.value}>
            <input
              type="radio"
              id={`${id}-${option.value}`}
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <label for={`${id}-${option.value}`}>{option.label}</label>
          </span>
        ))}
      </div>
    </fieldset>
  );
}
