"""Scripts: what an agent says and asks, step by step, with choices that lead from one step to the next.

Everything here is an immutable value. A text may name fields in braces, such as `{customer.name}`; they are filled when
a contact is shown. What is not known is filled with nothing, so that no brace is read out to a customer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

FIELDS = (
    "customer.name",
    "customer.account",
    "customer.tier",
    "customer.language",
    "contact.caller",
    "contact.dialled",
    "contact.intent",
    "contact.queue",
    "agent.name",
)
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the customer answers, and the step that it leads to."""

    label: str
    to: str


@dataclass(frozen=True, slots=True)
class Step:
    """Without choices it is an end of the script."""

    name: str
    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """`steps` begin with the first one. Every choice leads to one of them, and from each an end can be reached."""

    name: str
    title: str
    steps: tuple[Step, ...]


def fields_of(text: str) -> list[str]:
    """The fields that a text names, in its order."""
    return _FIELD.findall(text)


def filled(script: Script, values: Mapping[str, str | None]) -> Script:
    """The script with these values in its texts and choices."""

    def fill(text: str) -> str:
        return _FIELD.sub(lambda found: values.get(found.group(1)) or "", text)

    steps = (
        replace(
            step,
            text=fill(step.text),
            choices=tuple(replace(choice, label=fill(choice.label)) for choice in step.choices),
        )
        for step in script.steps
    )
    return replace(script, steps=tuple(steps))
