// The frame of a page: its title in the window, and its heading, where the focus goes when the user comes to it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

let first = true; // the browser itself puts the reader at the top of the first page

interface PageProps {
  readonly title: string;
  /** The heading is for screen readers only; the page says by itself what it is. */
  readonly quietTitle?: boolean;
  /** Beside the heading: filters, buttons. */
  readonly aside?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Page({ title, quietTitle = false, aside, class: name = "", children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useEffect(() => {
    if (!first) heading.current?.focus({ preventScroll: true });
    first = false;
  }, []);
  return (
    <main class={`page ${name}`} id="main">
      <div class={quietTitle && !aside ? "unseen" : "page-head"}>
        <h1 ref={heading} tabIndex={-1} class={quietTitle ? "unseen" : undefined}>
          {title}
        </h1>
        {aside}
      </div>
      {children}
    </main>
  );
}

/** The window's title. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · callcenter`;
  }, [title]);
}
