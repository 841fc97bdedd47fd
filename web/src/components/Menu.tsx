// A button with what belongs under it, such as the user's own menu. Escape and a click beside it close it.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button, type ButtonProps } from "./Button.tsx";

interface MenuProps {
  readonly button: Omit<ButtonProps, "onClick" | "expanded" | "controls" | "buttonRef">;
  readonly children: (close: () => void) => ComponentChildren;
}

export function Menu({ button, children }: MenuProps) {
  const id = useId();
  const open = useSignal(false);
  const place = useRef<HTMLDivElement>(null);
  const control = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    open.value = false;
  };
  useEffect(() => {
    if (!open.value) return;
    const outside = (event: Event): void => {
      if (event.target instanceof Node && !place.current?.contains(event.target)) close();
    };
    addEventListener("pointerdown", outside);
    addEventListener("focusin", outside);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("focusin", outside);
    };
  }, [open.value]);
  return (
    <div
      class="menu-place"
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open.value) return;
        event.preventDefault();
        close();
        control.current?.focus();
      }}
    >
      <Button
        {...button}
        buttonRef={control}
        expanded={open.value}
        controls={id}
        onClick={() => {
          open.value = !open.value;
        }}
      />
      {open.value && (
        <div class="menu" id={id}>
          {children(() => {
            close();
            control.current?.focus(); // a dialog that opens now gives the focus back to it
          })}
        </div>
      )}
    </div>
  );
}
