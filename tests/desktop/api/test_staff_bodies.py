import pytest
from pydantic import ValidationError

from callcenter.admin.staff import HASH, Edits
from callcenter.desktop.api.staff_bodies import Bulk, NewPassword, Patch, Put


def test_what_is_left_out_is_not_changed_and_null_is_the_default() -> None:
    assert Patch(based_on=1).entry() == {}
    assert Patch(based_on=1, skills=None, name="A").entry() == {"name": "A", "skills": None}
    assert Patch(based_on=1, password=None).entry() == {HASH: None}
    assert Put(based_on=1, name="A", queues=["sales"], roles=None).entry() == {"name": "A", "queues": ["sales"]}


def test_a_password_is_taken_apart_from_the_entry_and_never_shown() -> None:
    body = Bulk.model_validate(
        {"based_on": 1, "put": {"a": {"name": "A", "password": "12345678"}}, "patch": {"b": {"password": "abcdefgh"}}}
    )
    assert body.edits() == (Edits({"a": {"name": "A"}}, {"b": {}}, ()), {"a": "12345678", "b": "abcdefgh"})
    assert "12345678" not in repr(body)
    assert "12345678" not in repr(NewPassword(password="12345678"))


@pytest.mark.parametrize("text", ["line\nbreak", "\ud800"])
def test_a_text_can_be_shown_and_stored(text: str) -> None:
    with pytest.raises(ValidationError):
        Put(based_on=1, name=text)
