"""How a broken promise is told: its name in few words, and what should have been beside what is."""

from collections.abc import Iterable


class BrokenInvariantError(AssertionError):
    """A promise of the core is broken; `invariant` names which one, in few words."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


def check(invariant: str, holds: bool, detail: object) -> None:
    if not holds:
        raise BrokenInvariantError(invariant, str(detail))


def all_in(invariant: str, wanted: Iterable[object], came: Iterable[object]) -> None:
    missing = [item for item in wanted if item not in came]
    check(invariant, not missing, f"missing {missing}")


def same(invariant: str, ours: object, theirs: object) -> None:
    if ours == theirs:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        odd = [key for key in [*ours, *theirs] if ours.get(key, _NONE) != theirs.get(key, _NONE)]
        ours = {key: ours.get(key) for key in odd}
        theirs = {key: theirs.get(key) for key in odd}
    raise BrokenInvariantError(invariant, f"should be {ours}, is {theirs}")


_NONE = object()
