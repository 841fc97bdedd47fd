"""The plain lists of the rules that an admin page changes: skills, dispositions, reasons for not being ready.

One idea: they stay where they are, in the text of the rules, and only the list itself is written anew there. All else
in that file, comments included, stays as its author wrote it, and the history of the rules tells of the change.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from callcenter.admin.folder import CASES, TRAFFIC
from callcenter.admin.versions import Files
from callcenter.types import AgentId, Configuration, RuleConfig

SKILLS, DISPOSITIONS, REASONS = "skills", "dispositions", "not_ready_reasons"
LISTS = (SKILLS, DISPOSITIONS, REASONS)


class NoPlaceError(Exception):
    """The list cannot be written into these files; the text says why and how to mend it."""


def with_list(files: Files, name: str, values: Sequence[str]) -> dict[str, str]:
    """The files with `values` as their list of this name; where none has it, at the end of the first file.

    Raises NoPlaceError.
    """
    rules = sorted(file for file in files if file != CASES and not file.startswith(TRAFFIC))
    if not rules:
        raise NoPlaceError("there is no file of rules; publish some first")
    written = f"[{', '.join(_quoted(value) for value in values)}]"
    changed = dict(files)
    for file in rules:
        place = _place(files[file], name, file)
        if place is not None:
            text, (start, end) = files[file], place
            lead = "" if start and text[start - 1].isspace() else " "
            changed[file] = text[:start] + lead + written + text[end:]
            return changed
    first = files[rules[0]]
    changed[rules[0]] = first + ("" if first.endswith("\n") or not first else "\n") + f"{name}: {written}\n"
    return changed


def _place(text: str, name: str, file: str) -> tuple[int, int] | None:
    """Where the value of the section stands in the text, from and to; None where there is none."""
    if not re.search(rf"^\W*{name}\W", text, re.MULTILINE):
        return None  # to read a large file takes seconds
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise NoPlaceError(f"{file} cannot be read as YAML; mend it and publish it") from error
    if not isinstance(root, yaml.MappingNode):
        return None
    if root.flow_style:
        raise NoPlaceError(f"{file} does not have one section after the other; change the list there by hand")
    for key, value in root.value:
        if key.value == name:
            after_key = text.index(":", key.end_mark.index) + 1
            start, end = value.start_mark.index, _end(text, value)
            return (
                (after_key, after_key) if end <= start else (after_key if "\n" in text[after_key:start] else start, end)
            )
    return None


def _end(text: str, value: yaml.Node) -> int:
    """A list of lines ends, to YAML, where the next section begins: comments before that are the section's."""
    start = int(value.start_mark.index)
    lines = text[start : value.end_mark.index].rstrip().split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return start + len("\n".join(lines).rstrip())


def _quoted(value: str) -> str:
    """As it is where it is a plain word, else between quotes: the checks that follow say what is wrong with it."""
    if value.replace("-", "").replace("_", "").isalnum() and value.isascii():
        return value
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in value) + '"'


def users(configuration: Configuration, skill: str, levels: Mapping[AgentId, int]) -> list[dict[str, str]]:
    """Who and what names a skill: agents with their level, rules with what they want of it, and their queues."""
    found = [{"kind": "agent", "name": agent, "how": f"level {level}"} for agent, level in levels.items()]
    for rule in configuration.rules:
        how = ", ".join(dict.fromkeys(_in_rule(rule, skill)))
        if how:
            found.append({"kind": "rule", "name": rule.name, "queue": rule.queue, "how": how})
    return found


def _in_rule(rule: RuleConfig, skill: str) -> Iterator[str]:
    yield from (f"asks for level {it.level}" for it in rule.skills if it.name == skill)
    for group in rule.any_of:
        yield from (f"asks for level {it.level}, or another skill" for it in group if it.name == skill)
    yield from (f"prefers level {it.level}" for it in rule.preferred if it.name == skill)
    for step in rule.relaxations:
        yield from (f"is content with level {it.level} later" for it in step.lower if it.name == skill)
        yield from ("drops it later" for name in step.drop if name == skill)
