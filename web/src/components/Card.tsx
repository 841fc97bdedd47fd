// What a page is laid out with: cards, labelled facts, notices, empty places, groups of buttons.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./Icon.tsx";

interface CardProps {
  readonly title?: string;
  /** The title is for screen readers only. */
  readonly quietTitle?: boolean;
  /** At the end of the title's line. */
  readonly aside?: ComponentChildren;
  readonly tone?: string;
  readonly level?: 2 | 3;
  readonly class?: string;
  readonly children?: ComponentChildren;
}

/** A landmark with a title of its own. */
export function Card({ title, quietTitle = false, aside, tone, level = 2, class: name = "", children }: CardProps) {
  const id = useId();
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section class={`card ${tone ? "toned" : ""} ${name}`} data-tone={tone} aria-labelledby={title ? id : undefined}>
      {(title || aside) && (
        <div class={quietTitle && !aside ? "unseen" : "card-head"}>
          {title && (
            <Heading id={id} class={quietTitle ? "unseen" : "card-title"}>
              {title}
            </Heading>
          )}
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

export type Fact = readonly [label: string, value: ComponentChildren];

/** Labelled values; those without a value are left out. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false)
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

interface NoticeProps {
  readonly tone?: "info" | "good" | "warn" | "bad";
  /** Say it to screen readers as it appears. */
  readonly say?: boolean;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Notice({ tone = "info", say = false, aside, children }: NoticeProps) {
  return (
    <div
      class="notice"
      data-tone={tone === "info" ? "accent" : tone}
      role={say ? (tone === "bad" ? "alert" : "status") : undefined}
    >
      <Icon name={tone === "good" ? "check" : tone === "info" ? "info" : "warn"} />
      <div class="grow any">{children}</div>
      {aside}
    </div>
  );
}

/** A place where nothing is, and why. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      {children && <div class="soft">{children}</div>}
    </div>
  );
}

/** A figure with its label under it. */
export function Figure({
  label,
  tone,
  children,
}: {
  readonly label: string;
  readonly tone?: string | undefined;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="figure" data-tone={tone}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly tone?: string;
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T;
  readonly disabled?: boolean;
  readonly onChoose: (value: T) => void;
}

/** A few choices side by side, of which one is in force. */
export function Segments<T extends string>({ label, choices, value, disabled, onChoose }: SegmentsProps<T>) {
  return (
    <fieldset class="segments" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          data-tone={choice.tone}
          disabled={disabled}
          onClick={() => choice.value !== value && onChoose(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </fieldset>
  );
}
