import json
from typing import Any

import pytest

from callcenter.desktop.live.page import Page
from callcenter.desktop.live.streams import OF_AN_AGENT, Memory, Stream


def page() -> Page:
    return Page(None, "session")  # type: ignore[arg-type]


def sent(page: Page) -> list[dict[str, Any]]:
    found = []
    while (message := page._next()) is not None:
        found.append(json.loads(message))
    return found


def test_a_delta_has_what_differs_and_what_is_gone_and_the_next_number() -> None:
    stream, watcher = Stream({}, OF_AN_AGENT), page()
    stream.change(1, {"a": "1", "b": "2"})
    stream.pages.append(watcher)
    assert stream.change(2, {"a": "1", "b": "3"}, gone=["nothing"])
    assert stream.change(3, {}, gone=["a"])
    assert not stream.change(4, {"b": "3"}, gone=["a"])
    assert sent(watcher) == [
        {"type": "delta", "sequence": 2, "now_ms": 2, "set": {"b": 3}, "gone": []},
        {"type": "delta", "sequence": 3, "now_ms": 3, "set": {}, "gone": ["a"]},
    ]
    assert json.loads(stream.snapshot(5)) == {
        "type": "snapshot", "stream": stream.id, "sequence": 3, "now_ms": 5, "entries": {"b": 3},
    }  # fmt: skip


def test_every_page_is_handed_the_very_same_text() -> None:
    stream, watchers = Stream({}, OF_AN_AGENT), [page(), page()]
    stream.pages += watchers
    stream.change(1, {"a": "1"})
    first, second = (watcher._next() for watcher in watchers)
    assert first is second


def test_what_is_left_out_of_a_view_is_gone_and_other_keys_stay() -> None:
    stream = Stream({}, OF_AN_AGENT)
    stream.change(1, {"queue/a": "1", "queue/b": "1", "state": "2"})
    assert stream.keep_only(2, {"queue/a": "1"}, ("queue/",))
    assert json.loads(stream.snapshot(3))["entries"] == {"queue/a": 1, "state": 2}
    assert not stream.keep_only(4, {"queue/a": "1"}, ("queue/",))


def test_keys_and_ids_are_encoded() -> None:
    stream = Stream({}, OF_AN_AGENT)
    stream.change(1, {'queue/"quoted"\n': "1"})
    assert json.loads(stream.snapshot(3))["entries"] == {'queue/"quoted"\n': 1}


def test_who_missed_something_gets_each_change_once_with_todays_clock() -> None:
    stream = Stream({}, OF_AN_AGENT)
    for number in range(1, 6):
        stream.change(number, {"a": str(number)})
    missed = stream.since(99, 3)
    assert missed is not None
    assert [json.loads(one) for one in missed] == [
        {"type": "delta", "sequence": 4, "now_ms": 99, "set": {"a": 4}, "gone": []},
        {"type": "delta", "sequence": 5, "now_ms": 99, "set": {"a": 5}, "gone": []},
        {"type": "tick", "sequence": 5, "now_ms": 99},
    ]
    assert stream.since(99, 5) == ['{"type":"tick","sequence":5,"now_ms":99}']
    assert stream.since(99, 6) is None
    assert stream.since(99, -1) is None


@pytest.mark.parametrize("bounds", [Memory(3, 10_000), Memory(10_000, 3 * len('"set":{"a":10},"gone":[]}'))])
def test_the_memory_has_a_bound_and_who_missed_more_begins_anew(bounds: Memory) -> None:
    stream = Stream({}, bounds)
    for number in range(10, 20):
        stream.change(number, {"a": str(number)})
    assert stream.since(99, stream.sequence - 4) is None
    missed = stream.since(99, stream.sequence - 3)
    assert missed is not None
    assert len(missed) == 3 + 1
    assert len(stream._memory) == 3


def test_what_a_stream_begins_with_is_in_the_snapshot_and_no_change() -> None:
    stream = Stream({"a": "1"}, OF_AN_AGENT)
    assert json.loads(stream.snapshot(5))["entries"] == {"a": 1}
    assert stream.since(5, 0) == ['{"type":"tick","sequence":0,"now_ms":5}']


def test_two_streams_have_two_ids() -> None:
    assert Stream({}, OF_AN_AGENT).id != Stream({}, OF_AN_AGENT).id
