import contextlib
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.events import CallerLeft, ContactArrived, CustomersFound, Event, PbxSynced
from callcenter.stores.codec import (
    CodecError,
    Record,
    decode_event,
    decode_record,
    encode_event,
    encode_record,
)
from callcenter.types import ChannelRef, ContactId, Customer, Departure, PbxName, Tier
from tests.stores.records import contact

# Numbers from the database and the rules are finite (`crm.attributes`, `admin.model`): JSON has no others.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))

ARRIVED = ContactArrived(
    contact=ContactId("c1"),
    channel=ChannelRef(PbxName("main"), "1.1"),
    caller=None,
    caller_name="Ann\u2028\0\U0001f600 \"'\\",
    dialled="800",
)


@pytest.mark.parametrize("cls", get_args(Event), ids=lambda cls: cls.__name__)
def test_every_event_comes_back_equal(cls: type[Any]) -> None:
    @given(st.from_type(cls))
    def check(event: Event) -> None:
        data = encode_event(event)
        assert b"\n" not in data
        again = decode_event(data)
        assert again == event
        assert type(again) is type(event)
        for field in fields(event):
            assert type(getattr(again, field.name)) is type(getattr(event, field.name)), field.name

    check()


@pytest.mark.parametrize("cls", get_args(Record), ids=lambda cls: cls.__name__)
def test_every_record_comes_back_equal(cls: type[Any]) -> None:
    @given(st.from_type(cls))
    def check(record: Record) -> None:
        data = encode_record(record)
        assert b"\n" not in data
        assert decode_record(data) == record

    check()


def test_encoding_can_be_read_by_eye() -> None:
    left = CallerLeft(ContactId("c1"), Departure.HUNG_UP)
    assert encode_event(left) == b'["CallerLeft",{"contact":"c1","how":"hung_up"}]'


def test_odd_characters_come_back_and_lone_surrogates_are_replaced() -> None:
    assert decode_event(encode_event(ARRIVED)) == ARRIVED
    customer = Customer(1, "a", "x\ud800y", Tier("gold"))
    found = decode_event(encode_event(CustomersFound(ContactId("\udfff"), (customer,))))
    assert found == CustomersFound(ContactId("\ufffd"), (Customer(1, "a", "x\ufffdy", Tier("gold")),))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'["Earthquake",{}]', "'Earthquake' is no event that this version"),
        (b'["CallerLeft",{"contact":"c1"}]', "how"),
        (b'["CallerLeft",{"contact":"c1","how":"flew"}]', "flew"),
        (b'["CallerLeft",{"contact":1,"how":"hung_up"}]', "contact"),
        (b'["CallerLeft"', "this is no event"),
        (b'["CallerLeft"]', "this is no event"),
        (b"null", "this is no event"),
        (b"", "this is no event"),
        (b"\xff\xfe", "this is no event"),
        (b'["CallerLeft",{"contact":"\xff","how":"hung_up"}]', "this is no event"),
    ],
)
def test_what_is_no_event_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(CodecError) as caught:
        decode_event(data)
    assert words in str(caught.value)


def test_record_is_no_event_and_the_other_way_round() -> None:
    with pytest.raises(CodecError, match="'RecordContact' is no event"):
        decode_event(encode_record(contact("c1")))
    with pytest.raises(CodecError, match="'ContactArrived' is no record"):
        decode_record(encode_event(ARRIVED))


@given(st.binary())
def test_any_bytes_are_an_event_or_a_codec_error(data: bytes) -> None:
    with contextlib.suppress(CodecError):
        decode_event(data)


def test_an_arrival_that_was_written_before_numbers_were_read_is_one_without() -> None:
    old = encode_event(replace(ARRIVED, caller="0301")).replace(b',"number":null', b"")
    assert b"number" not in old
    again = decode_event(old)
    assert isinstance(again, ContactArrived)
    assert (again.caller, again.number) == ("0301", None)


def test_a_sync_of_an_older_journal_is_read_nobody_in_it_can_come_back() -> None:
    old = b'["PbxSynced", {"pbx": "main", "waiting": [], "fallback": ["c1"], "legs": [], "devices": []}]'
    assert decode_event(old) == PbxSynced(PbxName("main"), (), (ContactId("c1"),), (), ())
