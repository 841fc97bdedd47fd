"""What the tests and benchmarks are told of the floor."""

from lab.center import picture_of


def test_a_picture_has_the_floor_in_its_order_and_lists_only_who_has_no_agent_yet() -> None:
    entries = {
        "queue/sales": {"name": "sales"},
        "agent/anna": {"id": "anna"},
        "contact/2": {"id": "2", "state": "connected"},
        "contact/1": {"id": "1", "state": "waiting"},
        "contact/0": {"id": "0", "state": "offered"},
        "contact/3": {"id": "3", "state": "away"},
        "alert/sales:waiting": {"id": "sales:waiting"},
        "center": {"pbxs": [{"name": "main", "up": True}], "offering_stopped_by": "sue", "totals": {}},
    }
    picture = picture_of(7, entries)
    assert [one["id"] for one in picture.pop("contacts")] == ["1", "0"]
    assert picture == {
        "now_ms": 7,
        "pbxs": [{"name": "main", "up": True}],
        "offering_stopped_by": "sue",
        "queues": [{"name": "sales"}],
        "agents": [{"id": "anna"}],
    }
