// A link within the application: a real one, for middle clicks and the status line, that goes without a reload.

import type { ComponentChildren } from "preact";
import { go } from "../router.ts";

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

export function Link({ to, class: name, current, children }: LinkProps) {
  return (
    <a
      href={to}
      class={name}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
