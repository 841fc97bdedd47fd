// Going through a script: which step comes after which choice. Pure; the card shows it.

import type { Script, ScriptStep } from "../../types.ts";

const find = (script: Script, name: string | undefined): ScriptStep | undefined =>
  script.steps.find((step) => step.name === name);

/** The steps gone so far, as far as the script still has them so; where there are none, the first. */
export function pathOf(script: Script, gone: readonly string[]): readonly string[] {
  const first = script.steps[0]?.name;
  if (first === undefined) return [];
  const path = [first];
  for (const [index, name] of gone.entries()) {
    if (index === 0) {
      if (name !== first) break;
    } else if (find(script, path.at(-1))?.choices.some(({ to }) => to === name)) path.push(name);
    else break;
  }
  return path;
}

export const stepOf = (script: Script, path: readonly string[]): ScriptStep | undefined => find(script, path.at(-1));
