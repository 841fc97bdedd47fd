// Buttons. One primary at most in a place; danger for what cannot be undone.

import type { ComponentChildren, Ref } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly kind?: "plain" | "primary" | "quiet" | "danger";
  readonly size?: "small" | "normal" | "big";
  readonly icon?: IconName;
  /** The button has no words but its icon's; `label` says them to screen readers and in a tooltip. */
  readonly label?: string;
  /** For a button that is on or off. */
  readonly pressed?: boolean;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  /** The key that does the same, shown on wide screens. */
  readonly shortcut?: string;
  readonly tone?: string;
  readonly type?: "button" | "submit";
  readonly class?: string;
  readonly onClick?: (event: MouseEvent) => void;
  readonly buttonRef?: Ref<HTMLButtonElement>;
  readonly expanded?: boolean;
  readonly controls?: string;
}

export function Button(props: ButtonProps) {
  const { children, kind = "plain", size = "normal", icon, label, pressed, busy, disabled, shortcut, tone } = props;
  // While busy it keeps the focus (a disabled button would lose it) and takes no second click.
  return (
    <button
      ref={props.buttonRef ?? null}
      type={props.type ?? "button"}
      class={`button ${kind} ${size} ${props.class ?? ""}`}
      data-tone={tone}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      aria-busy={busy || undefined}
      aria-expanded={props.expanded}
      aria-controls={props.controls}
      aria-keyshortcuts={shortcut ? `${shortcut} Alt+${shortcut}` : undefined}
      disabled={disabled}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else props.onClick?.(event);
      }}
    >
      {icon && <Icon name={icon} />}
      {children}
      {shortcut && (
        <span class="key" aria-hidden="true">
          {shortcut.toUpperCase()}
        </span>
      )}
    </button>
  );
}
