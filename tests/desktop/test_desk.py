from callcenter.admin.versions import RuleVersion
from callcenter.desktop.desk import RulesConflictError, RulesRefusedError


def test_a_refusal_says_all_that_is_wrong_a_line_each() -> None:
    error = RulesRefusedError(["a.yaml:1: is wrong", "b.yaml:2: is wrong"])
    assert error.mistakes == ("a.yaml:1: is wrong", "b.yaml:2: is wrong")
    assert str(error) == "a.yaml:1: is wrong\nb.yaml:2: is wrong"


def test_a_conflict_has_the_versions_that_are_newer() -> None:
    newer = RuleVersion(2, "jane", 1, "VIP line", 1)
    assert RulesConflictError([newer]).newer == (newer,)
