from callcenter.admin.versions import RuleVersion
from callcenter.desktop.staff import StaffConflictError, StaffMistake, StaffRefusedError


def test_a_refusal_says_all_that_is_wrong_in_its_text() -> None:
    error = StaffRefusedError([StaffMistake("no queue", "Name one", "anna", "queues"), StaffMistake("no phone")])
    assert str(error) == "no queue; no phone"
    assert [mistake.id for mistake in error.mistakes] == ["anna", None]


def test_a_conflict_names_the_newer_versions_and_whom_they_are_about() -> None:
    error = StaffConflictError([RuleVersion(2, "jane", 1, "why", 1)], ["anna"])
    assert (error.ids, [version.author for version in error.newer]) == (("anna",), ["jane"])
    assert str(error) == "1 newer versions"
