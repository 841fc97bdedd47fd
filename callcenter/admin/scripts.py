"""Call scripts in the rules: what they make, and what is wrong with how their steps hang together.

A script is walked from its first step. A choice that leads nowhere, a step that no choice leads to, and a step from
which no end can be reached are mistakes: an agent would stand there in the middle of a call.
"""

from collections.abc import Iterator, Mapping

from callcenter.admin.model import RoutingFile
from callcenter.admin.schema import did_you_mean
from callcenter.admin.yaml_source import Document, Mistake, Place
from callcenter.scripts import FIELDS, Choice, Script, Step, fields_of
from callcenter.types import QueueName


def scripts_of(routing: RoutingFile) -> Mapping[QueueName, Script]:
    """The script of each queue that has one, from rules without mistakes."""
    made = {
        name: Script(
            name,
            entry.title or name,
            tuple(
                Step(step_name, step.text, tuple(Choice(choice.label, choice.to) for choice in step.choices))
                for step_name, step in entry.steps.items()
            ),
        )
        for name, entry in routing.scripts.items()
    }
    return {QueueName(queue): made[entry.script] for queue, entry in routing.queues.items() if entry.script is not None}


def wrong(routing: Document) -> Iterator[Mistake]:
    """Every mistake in the scripts and in which queue has which. Passes over what is of the wrong shape."""
    known = routing.keys("scripts")
    for queue in routing.keys("queues"):
        for path, name in routing.texts("queues", queue, "script"):
            if name not in known:
                yield routing.mistake(path, f"there is no script `{name}`", did_you_mean(name, known, "scripts"))
    fields = [*FIELDS, *(f"customer.{name}" for name in routing.keys("attributes"))]
    for name in known:
        here: Place = ("scripts", name, "steps")
        yield from _wrong_steps(routing, here)
        for path, text in _texts(routing, here):
            for field in fields_of(text):
                if field not in fields:
                    yield routing.mistake(path, f"`{{{field}}}` is no field", did_you_mean(field, fields, "fields"))


def _wrong_steps(routing: Document, here: Place) -> Iterator[Mistake]:
    steps = routing.keys(*here)
    leads: dict[str, list[str]] = {step: [] for step in steps}
    lead_nowhere = []
    for step in steps:
        for index in range(routing.count(*here, step, "choices")):
            for path, to in routing.texts(*here, step, "choices", index, "to"):
                if to in leads:
                    leads[step].append(to)
                else:
                    lead_nowhere.append((path, to))
    for path, to in lead_nowhere:
        yield routing.mistake(path, f"there is no step `{to}`", did_you_mean(to, steps, "steps"))
    if not steps or lead_nowhere:
        return  # the rest would follow from that
    reached = _reached({steps[0]}, leads)
    for step in steps:
        if step not in reached:
            remedy = f"Let a choice lead to it; a script begins with its first step, `{steps[0]}`"
            yield routing.mistake((*here, step), f"no choice leads to step `{step}`", remedy)
    ending = _reached({step for step in steps if not leads[step]}, _turned(leads))
    for step in steps:
        if step not in ending:
            wrong = f"from step `{step}` the script has no end"
            yield routing.mistake((*here, step), wrong, "Add a step without choices, and a choice that leads to it")


def _turned(leads: dict[str, list[str]]) -> dict[str, list[str]]:
    """For each step those that lead to it."""
    back: dict[str, list[str]] = {step: [] for step in leads}
    for step, following in leads.items():
        for to in following:
            back[to].append(step)
    return back


def _reached(first: set[str], leads: Mapping[str, list[str]]) -> set[str]:
    found, new = set(first), list(first)
    while new:
        for to in leads[new.pop()]:
            if to not in found:
                found.add(to)
                new.append(to)
    return found


def _texts(routing: Document, here: Place) -> Iterator[tuple[Place, str]]:
    for step in routing.keys(*here):
        yield from routing.texts(*here, step, "text")
        for index in range(routing.count(*here, step, "choices")):
            yield from routing.texts(*here, step, "choices", index, "label")
