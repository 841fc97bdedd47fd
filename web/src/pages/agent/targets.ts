// Whom a call may go to: asked for each time somebody is chosen, for states and waiting contacts change.

import { signal } from "@preact/signals";
import { api } from "../../api.ts";
import type { Targets } from "../../types.ts";

const names = signal<ReadonlyMap<string, string>>(new Map());

/** An agent's name, as far as the last list of targets had it. */
export const nameOfAgent = (id: string): string | undefined => names.value.get(id);

export async function loadTargets(): Promise<Targets> {
  const targets = await api.get<Targets>("targets");
  names.value = new Map(targets.agents.map(({ id, name }) => [id, name]));
  return targets;
}
