"""What a name in an expression stands for, and which was meant where it stands for nothing."""

from callcenter.routing.language.declared import (
    AGENTS_FIELDS,
    FUNCTIONS,
    QUEUE_FIELDS,
    ROOTS,
    Schema,
)
from callcenter.routing.language.mistakes import Mistakes, did_you_mean, nearest, shown
from callcenter.routing.language.tree import Field, Kind, Literal, Node, Reference, Values

_FIGURES = {"queue": tuple(QUEUE_FIELDS), "agents": tuple(AGENTS_FIELDS)}


def named(path: str, at: int, schema: Schema, mistakes: Mistakes) -> Node | None:
    """The field, list or condition of this path; None and a mistake, at the part that is wrong, where there is none."""
    declared = schema.fields.get(path)
    if declared is not None:
        return Field(path, declared.kind, declared.allowed, declared.default, path, path, at)
    root, _, rest = path.partition(".")
    if root == "lists" and rest in schema.lists:
        items = tuple(Literal(value, Kind.TEXT, path, at) for value in schema.lists[rest])
        return Values(items, Kind.TEXT, rest, path, at)
    if root == "conditions" and rest in schema.conditions:
        return Reference(rest, schema.conditions[rest], path, at)
    _unknown(path, at, schema, mistakes)
    return None


def _unknown(path: str, at: int, schema: Schema, mistakes: Mistakes) -> None:
    root, dot, rest = path.partition(".")
    inside = at + len(root) + 1
    if root not in ROOTS:
        mistakes.add(at, f"{shown(path)} is not known", _meant(path, schema))
    elif root in _FIGURES:
        _unknown_figure(path, at, schema, mistakes)
    elif not dot:
        remedy = did_you_mean("", _within(root, schema), f"No {root} are declared", f"{root}.")
        mistakes.add(at, f"{shown(path)} names no {_what(root)}", remedy)
    elif root == "conditions" and rest in schema.below:
        message = f"The condition {shown(rest)} is not declared above this one"
        mistakes.add(inside, message, "A condition may use only those above it: move that one up")
    else:
        message = f"There is no {_what(root)} {shown(path)}"
        remedy = did_you_mean(rest, _within(root, schema), f"No {root} are declared", f"{root}.")
        mistakes.add(inside, message, remedy)


def _unknown_figure(path: str, at: int, schema: Schema, mistakes: Mistakes) -> None:
    root, *parts = path.split(".")
    figures = _FIGURES[root]
    if not parts or parts[0] not in schema.queues:
        at += len(root) + 1 if parts else 0
        wrong = parts[0] if parts else root
        message = f"There is no queue {shown(wrong)}" if parts else f"{shown(root)} names no queue"
        mistakes.add(at, message, did_you_mean(wrong if parts else "", schema.queues, "No queues are declared"))
    elif len(parts) == 1:
        examples = " or ".join(f"{path}.{figure}" for figure in figures)
        mistakes.add(at, f"{shown(path)} is a whole queue", f"Say what of it: {examples}")
    else:
        wrong = ".".join(parts[1:])
        at += len(root) + 1 + len(parts[0]) + 1
        mistakes.add(at, f"A queue has no {shown(wrong)} in `{root}`", did_you_mean(wrong, figures))


def _what(root: str) -> str:
    return {"lists": "list", "conditions": "condition"}.get(root, "field")


def _within(root: str, schema: Schema) -> list[str]:
    """The names that may follow this root and a dot."""
    if root == "lists":
        return list(schema.lists)
    if root == "conditions":
        return list(schema.conditions)
    return [path.partition(".")[2] for path in schema.fields if path.startswith(f"{root}.")]


def _meant(path: str, schema: Schema) -> str:
    """What somebody may have had in mind with a name that begins with nothing that we know."""
    if not path.isascii():
        return "Check its letters: some only look like those of a name that is known"
    root, dot, rest = path.partition(".")
    if not dot:
        ends = [field for field in schema.fields if field.endswith(f".{path}")]
        if ends:
            return f"Did you mean `{ends[0]}`?"
        if nearest(path, FUNCTIONS) is not None:
            return f"Did you mean `{nearest(path, FUNCTIONS)}(...)`?"
    near = nearest(path, schema.fields) or nearest(root, ROOTS)
    if near is not None:
        return f"Did you mean `{near if '.' in near or not dot else f'{near}.{rest}'[:60]}`?"
    return f"Write a text in quotes: '{path[:60]}'. Names begin with {', '.join(ROOTS)}"
