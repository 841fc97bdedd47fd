import pytest
from argon2 import PasswordHasher
from hypothesis import given

from callcenter.admin import staff
from callcenter.admin.files import AgentEntry, AgentsFile
from callcenter.admin.staff import HASH, Difference, Edits, NoSuchPersonError, Spot
from callcenter.admin.yaml_source import Mistake
from tests.admin.people import people

HASH_OF_ANNA, OTHER_HASH = (PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(it) for it in ("a", "b"))
TEXT = f"""\
# who works here
agents:
  - {{id: anna, name: Anna, device: PJSIP/1001, skills: {{sales: 9}}, queues: [sales, general],
     password_hash: {HASH_OF_ANNA!r}}}
  - {{id: bela, name: 'no', device: PJSIP/1002, queues: {{sales: 1, general: 2}}, roles: [agent, supervisor]}}
"""


def entries() -> dict[str, staff.Entry]:
    return staff.entries_of(staff.parsed({staff.FILE: TEXT}))


def test_a_text_becomes_entries_and_a_text_again() -> None:
    now = entries()
    assert now["anna"] == {
        "id": "anna",
        "name": "Anna",
        "device": "PJSIP/1001",
        "skills": {"sales": 9},
        "queues": {"sales": 1, "general": 1},
        HASH: HASH_OF_ANNA,
    }
    text = staff.text_of(now.values())
    assert "queues: [sales, general]" in text
    assert "queues: {sales: 1, general: 2}" in text
    assert staff.entries_of(staff.parsed({staff.FILE: text})) == now
    assert staff.text_of(staff.entries_of(staff.parsed({staff.FILE: text})).values()) == text


@given(people())
def test_whoever_can_be_written_is_read_again(who: AgentsFile) -> None:
    files = {staff.FILE: staff.text_of(staff.entries_of(who).values())}
    assert staff.parsed(files) == who


def test_a_text_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ValueError, match=r"agents\.yaml"):
        staff.parsed({staff.FILE: "agents: [{id: anna}]"})


def test_edits_put_patch_and_remove_and_keep_the_password() -> None:
    now = entries()
    edits = Edits(
        put={
            "anna": {"name": "Anna B", "device": "PJSIP/1", "queues": ["sales"], "skills": None},
            "zoe": {"name": "Zoe"},
        },
        patch={"bela": {"skills": {"german": 3}, "roles": None}},
    )
    after = staff.edited(now, edits)
    assert list(after) == ["anna", "bela", "zoe"]
    assert after["anna"][HASH] == HASH_OF_ANNA
    assert "skills" not in after["anna"]
    assert after["bela"]["skills"] == {"german": 3}
    assert "roles" not in after["bela"]
    assert edits.touched == ("anna", "zoe", "bela")
    assert list(staff.edited(now, Edits(remove=("anna",)))) == ["bela"]
    assert now == entries(), "what was there is not touched"
    for wrong in (Edits(remove=("nobody",)), Edits(patch={"nobody": {}})):
        with pytest.raises(NoSuchPersonError, match="nobody"):
            staff.edited(now, wrong)


def test_differences_tell_from_and_to_and_no_hash() -> None:
    now = entries()
    after = staff.edited(now, Edits(patch={"anna": {HASH: OTHER_HASH, "skills": {"sales": 8}}}, remove=("bela",)))
    after["zoe"] = {"id": "zoe", "name": "Zoe", "device": "PJSIP/3", "queues": {"sales": 1}, HASH: HASH_OF_ANNA}
    found = staff.differences(now, after)
    assert found[0] == Difference(
        "anna", "changed", {"skills": ({"sales": 9}, {"sales": 8}), "password": ("set", "new")}
    )
    assert (found[1].id, found[1].kind, found[1].fields["device"]) == ("bela", "removed", ("PJSIP/1002", None))
    assert (found[2].id, found[2].kind, found[2].fields["password"]) == ("zoe", "added", ("none", "set"))
    assert "argon2" not in str(found)
    assert staff.changes({staff.FILE: TEXT}, {staff.FILE: staff.text_of(after.values())}) == ("~anna", "-bela", "+zoe")
    assert staff.changes({}, {staff.FILE: TEXT}) == ("+anna", "+bela")


def test_another_order_is_no_difference() -> None:
    now = entries()
    after = dict(reversed(now.items())) | {"bela": {**now["bela"], "roles": ["supervisor", "agent"]}}
    assert staff.differences(now, after) == ()


def test_a_version_that_cannot_be_read_any_more_is_compared_as_a_file() -> None:
    assert staff.changes({staff.FILE: "agents: 1"}, {staff.FILE: TEXT}) == ("~agents.yaml",)


def test_an_older_version_brings_back_no_older_password() -> None:
    old = entries()
    now = {"anna": {**old["anna"], HASH: OTHER_HASH}, "bela": {**old["bela"], HASH: OTHER_HASH}}
    kept = staff.keeping_passwords(old, now)
    assert [entry.get(HASH) for entry in kept.values()] == [OTHER_HASH, OTHER_HASH]
    assert staff.keeping_passwords(old, {})["anna"][HASH] == HASH_OF_ANNA


def test_a_mistake_is_about_somebody_and_a_key() -> None:
    def spot(key: str, file: str = "agents.yaml") -> Spot:
        return staff.spot(Mistake(file, 3, key, "wrong", "mend it"), ["anna", "bela"])

    assert spot("agents[1].skills.german") == ("bela", "skills")
    assert spot("agents[0]") == ("anna", None)
    assert spot("agents[2].name") == spot("agents") == spot("agents[0].name", "routing.yaml") == (None, None)


@pytest.mark.parametrize(("password", "wrong"), [("short", True), ("x" * 257, True), ("12345678", False)])
def test_a_password_has_a_length(password: str, wrong: bool) -> None:
    assert (staff.password_wrong(password) is not None) == wrong


def test_every_key_of_a_person_is_compared() -> None:
    """A key that is added later must not be overlooked."""
    whole = AgentEntry(
        id="a",
        name="A",
        device="PJSIP/1",
        auto_answer="notify",
        queues={"q": 1},
        skills={"s": 1},
        queue_groups=("g",),
    )
    (found,) = staff.differences({}, staff.entries_of(AgentsFile(agents=(whole,))))
    assert {*found.fields, "id", "roles", HASH} == {*AgentEntry.model_fields}
