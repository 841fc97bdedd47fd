"""Which rules above a rule take all that it asks for, so that no contact ever reaches it: one of them, or several
together.

The idea: a rule is hidden where its condition cannot hold while that of each rule above it fails. That is looked for as
a puzzle is solved: what must hold narrows what the fields may be, and where a choice is left each of its options is
tried. A rule is called hidden only where every way has ended in a contradiction, so never one that a contact reaches.

The work is bounded: MAX_STEPS parts of conditions are looked at for one rule, MAX_STEPS_OF_ALL for all of them, where
a part that names many values counts as several. Of a rule that takes more, nothing is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from callcenter.admin.reach import (
    AllOf,
    AnyOf,
    Atom,
    Constant,
    Domain,
    Form,
    Known,
    Opaque,
    Some,
    form_of,
    implies,
    is_empty,
    is_within,
    meet,
)
from callcenter.routing.language.tree import Node, Value

MAX_STEPS = 10_000
MAX_STEPS_OF_ALL = 200_000
_VALUES_IN_A_STEP = 8
_OWN = -1  # whose the parts of the rule itself are
_YES, _NO = Constant(True), Constant(False)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A rule that no contact reaches, and the rules that take all it asks for: none of them could be left out, unless
    the steps ran out over that. Without any, it contradicts itself. All by their number, from 0."""

    index: int
    by: tuple[int, ...]


def hidden(asked: Sequence[Iterable[Node]]) -> Iterator[Hidden]:
    """The rules that are never reached, of some that are tried in order; `asked` is what each asks, all of it."""
    above = _Above()
    holding: list[Form] = []
    failing: list[Form] = []
    steps_left = MAX_STEPS_OF_ALL
    for index, parts in enumerate(tuple(parts) for parts in asked):
        form = AllOf(tuple(form_of(part) for part in parts))
        holding.append(form)
        failing.append(AnyOf(tuple(form_of(part, positive=False) for part in parts)))
        known = Known(form)
        near = above.near(known) if known.possible else []
        by: tuple[int, ...] | None = () if not known.possible else None
        if by is None:
            by = next(((other,) for other in near if implies(known, holding[other])), None)
        if by is None:
            puzzle = Puzzle(min(MAX_STEPS, steps_left))
            by = puzzle.hiding(form, {other: failing[other] for other in near})
            steps_left -= min(puzzle.steps, steps_left)
        if by is None:
            above.add(index, known)
        else:
            yield Hidden(index, by)


class _Above:
    """The rules above, by the values that they ask for: so that a rule is held against those alone that it may meet.

    Sets of rules are the bits of a number.
    """

    def __init__(self) -> None:
        self._all = 0
        self._picky: dict[str, int] = {}  # who asks for certain values of a field at all
        self._asking: dict[str, dict[Value, int]] = {}

    def add(self, index: int, known: Known) -> None:
        bit = 1 << index
        self._all |= bit
        for path, values in _named(known):
            self._picky[path] = self._picky.get(path, 0) | bit
            asking = self._asking.setdefault(path, {})
            for value in values:
                asking[value] = asking.get(value, 0) | bit

    def near(self, known: Known) -> list[int]:
        """The rules that may take some of what this one asks for, from the first on."""
        found = self._all
        for path, values in _named(known):
            if path in self._picky:
                asking = self._asking[path]
                meeting = 0
                for value in values & asking.keys():
                    meeting |= asking[value]
                found &= meeting | ~self._picky[path]
        return [index for index in range(found.bit_length()) if found >> index & 1]


def _named(known: Known) -> Iterator[tuple[str, frozenset[Value]]]:
    return ((path, domain.values) for path, domain in known.domains.items() if isinstance(domain, Some))


# ---- the puzzle


class _OutOfStepsError(Exception):
    pass


@dataclass(slots=True)
class _Given:
    """What the fields may be, and whether what nothing else is known of holds, as far as that is settled."""

    domains: dict[str, Domain] = field(default_factory=dict)
    opaque: dict[Node, bool] = field(default_factory=dict)

    def copy(self) -> "_Given":
        return _Given(dict(self.domains), dict(self.opaque))

    def take(self, part: Atom | Opaque) -> None:
        if isinstance(part, Opaque):
            self.opaque[part.node] = part.positive
        else:
            self.domains[part.path] = meet(self.domains.get(part.path, part.universe), part.domain)


class Puzzle:
    """One rule held against those above it. `steps` are those that it has taken, hardly more than it may take."""

    def __init__(self, max_steps: int) -> None:
        self.steps = 0
        self._max_steps = max_steps

    def hiding(self, form: Form, failing: dict[int, Form]) -> tuple[int, ...] | None:
        """Those of the rules that cannot all fail where `form` holds, as few as can be; None where nothing is proved.

        `failing` says of each rule what holds where it fails.
        """
        own = (_OWN, form)
        try:
            found = self._contradiction(_Given(), [own, *failing.items()])
        except _OutOfStepsError:
            return None
        if found is None:
            return None
        needed = sorted(found - {_OWN})
        try:
            for candidate in reversed(needed):
                fewer = [index for index in needed if index != candidate]
                if self._contradiction(_Given(), [own, *((index, failing[index]) for index in fewer)]) is not None:
                    needed = fewer
        except _OutOfStepsError:
            pass
        return tuple(needed)

    def _contradiction(self, given: _Given, asked: list[tuple[int, Form]]) -> set[int] | None:
        """Whose parts cannot all hold with what is given, None where they can, as far as one can tell."""
        used: set[int] = set()
        settled = False
        while not settled:
            settled = True
            left: list[tuple[int, AnyOf]] = []
            for owner, form in asked:
                for part in _parts(self._left(form, given)):
                    if part == _NO:
                        return used | {owner}
                    if isinstance(part, AnyOf):
                        left.append((owner, part))
                    elif not isinstance(part, Constant):
                        # A part may contradict one before it that was still open when this one was looked at.
                        if self._left(part, given) == _NO:
                            return used | {owner}
                        given.take(part)
                        used.add(owner)
                        settled = False
            asked = list(left)
        if not left:
            return None
        choice = min(range(len(left)), key=lambda index: len(left[index][1].parts))
        owner, options = left.pop(choice)
        used.add(owner)
        for option in options.parts:
            found = self._contradiction(given.copy(), [(owner, option), *left])
            if found is None:
                return None
            used |= found
        return used

    def _left(self, form: Form, given: _Given) -> Form:
        """What is still open of the form, a constant where nothing is. What has parts has at least two then."""
        self._spend(form)
        match form:
            case Constant():
                return form
            case Atom():
                before = given.domains.get(form.path, form.universe)
                if is_within(before, form.domain):
                    return _YES
                return _NO if is_empty(meet(before, form.domain)) else form
            case Opaque():
                holds = given.opaque.get(form.node)
                return form if holds is None else Constant(holds is form.positive)
            case AllOf() | AnyOf():
                return self._left_of_several(form, given)

    def _left_of_several(self, form: AllOf | AnyOf, given: _Given) -> Form:
        ends = _NO if isinstance(form, AllOf) else _YES
        found: list[Form] = []
        for part in form.parts:
            left = self._left(part, given)
            if left == ends:
                return ends
            if not isinstance(left, Constant):
                found.append(left)
        if not found:
            return Constant(not ends.value)
        if len(found) == 1:
            return found[0]
        return AllOf(tuple(found)) if isinstance(form, AllOf) else AnyOf(tuple(found))

    def _spend(self, form: Form) -> None:
        self.steps += 1
        if isinstance(form, Atom):
            domain = form.domain
            self.steps += len(domain.values if isinstance(domain, Some) else domain.without) // _VALUES_IN_A_STEP
        if self.steps > self._max_steps:
            raise _OutOfStepsError


def _parts(form: Form) -> Iterator[Atom | Opaque | AnyOf | Constant]:
    if isinstance(form, AllOf):
        for part in form.parts:
            yield from _parts(part)
    else:
        yield form
