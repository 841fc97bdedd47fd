// An order to the server: a button that is busy until the answer is there, and the refusal where the order was given.
//
// The one idea: useOrder() holds what every order has (busy, the refusal, no second click while one is under way);
// <Action> is the button with its refusal under it, <Refused> shows the refusal of a form.

import { type ReadonlySignal, type Signal, useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { Refusal, SignedOut } from "../api.ts";
import { t } from "../i18n/index.ts";
import { Button, type ButtonProps } from "./Button.tsx";
import { Icon } from "./Icon.tsx";

type Act = () => Promise<unknown>;

export interface Order {
  readonly busy: ReadonlySignal<boolean>;
  readonly refusal: ReadonlySignal<Refusal | null>;
  /**
   * Do it; true where it was done. While one is under way the same (by its name) is not done again, and another one
   * follows: of several the last, for that is what the user wants now.
   */
  readonly run: (act: Act, name?: string) => Promise<boolean>;
  readonly clear: () => void;
}

export function useOrder(): Order {
  const busy = useSignal(false);
  const refusal = useSignal<Refusal | null>(null);
  const order = useRef<Order | null>(null);
  order.current ??= orderOf(busy, refusal);
  return order.current;
}

function orderOf(busy: Signal<boolean>, refusal: Signal<Refusal | null>): Order {
  let present = "";
  let next: { readonly act: Act; readonly name: string; readonly done: (done: boolean) => void } | null = null;

  const run = async (act: Act, name = ""): Promise<boolean> => {
    if (busy.peek()) {
      next?.done(false);
      next = null;
      if (name === "" || name === present) return false;
      return new Promise((done) => {
        next = { act, name, done };
      });
    }
    busy.value = true;
    present = name;
    refusal.value = null;
    try {
      await act();
      return true;
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      if (!(failure instanceof SignedOut)) refusal.value = failure;
      return false;
    } finally {
      busy.value = false;
      const following = next;
      next = null;
      if (following) void run(following.act, following.name).then(following.done);
    }
  };

  const clear = (): void => {
    refusal.value = null;
  };
  return { busy, refusal, run, clear };
}

/** What the server said against an order; goes when it is closed or the order is given again. */
export function Refused({ order }: { readonly order: Order }) {
  const refusal = order.refusal.value;
  return (
    <div class="refused-place" role="alert">
      {refusal && (
        <div class="refused">
          <Icon name="warn" />
          <p class="grow any">
            <strong>{refusal.message}</strong> {refusal.remedy}
          </p>
          <Button kind="quiet" size="small" icon="close" label={t("common.close")} onClick={order.clear} />
        </div>
      )}
    </div>
  );
}

interface ActionProps extends Omit<ButtonProps, "onClick" | "busy"> {
  readonly act: () => Promise<unknown>;
  /** Where several buttons share one place for the refusal, which then shows <Refused order>. */
  readonly order?: Order;
  /** The order's name, its shortcut unless given: two orders may have the same key, as hold and resume. */
  readonly name?: string;
}

export function Action({ act, order: given, name, ...button }: ActionProps) {
  const own = useOrder();
  const id = useId();
  const order = given ?? own;
  const mine = useSignal(false); // of buttons that share an order, only the one that was pressed looks busy
  const press = (): void => {
    mine.value = true;
    void order.run(act, name ?? button.shortcut ?? id).finally(() => {
      mine.value = false;
    });
  };
  const control = <Button {...button} busy={mine.value && order.busy.value} onClick={press} />;
  if (given) return control;
  return (
    <span class="action">
      {control}
      <Refused order={order} />
    </span>
  );
}
