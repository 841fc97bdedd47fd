import json

from benchmarks.desktop_pages import Told, contact_of

POP = json.dumps({"type": "delta", "set": {"pop": {"contact": "main-17.4-1"}}}, separators=(",", ":")).encode()
CLEARED = b'{"type":"delta","set":{"pop":null,"state":{}}}'
SNAPSHOT = b'{"type":"snapshot","entries":{"pop":{"contact":"main-17.3-1"}}}'


def test_only_a_delta_brings_a_new_pop() -> None:
    assert contact_of(POP) == "main-17.4-1"
    assert contact_of(CLEARED) is None
    assert contact_of(SNAPSHOT) is None


def test_first_pop_of_a_contact_counts() -> None:
    told = Told()
    told.take(POP)
    first = dict(told.pops_s)
    for message in (POP, CLEARED, SNAPSHOT):
        told.take(message)
    assert told.pops_s == first
    assert list(first) == ["main-17.4-1"]
    assert (told.messages, told.characters) == (4, 2 * len(POP) + len(CLEARED) + len(SNAPSHOT))
