import assert from "node:assert/strict";
import { test } from "node:test";
import { effect } from "@preact/signals";
import { Store } from "../src/live/store.ts";

const queue = (waiting: number) => ({ name: "sales", state: "open", waiting });

test("one changed entry is heard by those who read it and by no others", () => {
  const store = new Store();
  store.replace({ "queue/sales": queue(1), "queue/billing": queue(2) });
  const heard = { sales: 0, billing: 0, names: 0 };
  const ends = [
    effect(() => {
      void store.entry("queue/sales").value;
      heard.sales += 1;
    }),
    effect(() => {
      void store.entry("queue/billing").value;
      heard.billing += 1;
    }),
    effect(() => {
      void store.names("queue").value;
      heard.names += 1;
    }),
  ];
  store.change({ "queue/sales": queue(5) }, []);
  assert.deepEqual(heard, { sales: 2, billing: 1, names: 1 });
  for (const end of ends) end();
});

test("names come and go in the order in which they came", () => {
  const store = new Store();
  store.replace({ "queue/b": queue(1), "queue/a": queue(1), state: {} });
  assert.deepEqual(store.names("queue").value, ["b", "a"]);
  store.change({ "queue/c": queue(1) }, ["queue/b"]);
  assert.deepEqual(store.names("queue").value, ["a", "c"]);
  store.change({ "queue/b": queue(1) }, ["queue/a", "queue/unknown"]);
  assert.deepEqual(store.names("queue").value, ["c", "b"]);
  assert.equal(store.all("queue").length, 2);
});

test("a key may have slashes in its name", () => {
  const store = new Store();
  store.replace({ "contact/main/17.4": { id: "main/17.4" } });
  assert.deepEqual(store.names("contact").value, ["main/17.4"]);
});

test("what a snapshot does not have is gone", () => {
  const store = new Store();
  store.replace({ "queue/sales": queue(1), pop: { offer: "1" } });
  store.replace({ "queue/billing": queue(1) });
  assert.equal(store.entry("pop").value, undefined);
  assert.equal(store.entry("queue/sales").value, undefined);
  assert.deepEqual(store.names("queue").value, ["billing"]);
});

test("null is a value: there is no pop, and that is known", () => {
  const store = new Store();
  store.replace({ pop: null });
  assert.equal(store.entry("pop").value, null);
});

test("an entry that is read before it comes is heard when it comes", () => {
  const store = new Store();
  const seen: unknown[] = [];
  const end = effect(() => {
    seen.push(store.entry("device").value);
  });
  store.change({ device: "free" }, []);
  assert.deepEqual(seen, [undefined, "free"]);
  end();
});
