import pytest

from callcenter.cti.ami.arrivals import arrival, said
from callcenter.cti.ami.wire import BadMessageError, Message
from callcenter.types import PbxName
from tests.cti.ami.by_hand import frame

PBX = PbxName("main")
VALUES = {"Contact": "17.1-1", "Dialled": "800", "Intent": "sales"}


def caller(**more: str) -> Message:
    lines = "".join(f"{name}: {value}\n" for name, value in more.items())
    return frame(f"Event: UserEvent\nUniqueid: 17.1\nCallerIDNum: 0301234567\nCallerIDName: Ann\n{lines}")


def test_what_the_dialplan_says_of_a_caller() -> None:
    came = arrival(PBX, "DE", caller(), lambda name: VALUES.get(name, ""))
    assert (came.contact, came.dialled, came.intent, came.account) == ("main-17.1-1", "800", "sales", None)
    assert (came.caller, came.number, came.outbound) == ("0301234567", "+49301234567", False)


def test_who_withholds_the_number_and_whom_we_have_called() -> None:
    withheld = arrival(PBX, "DE", caller(), lambda name: {**VALUES, "Withheld": "1", "Outbound": "1"}.get(name, ""))
    assert (withheld.caller, withheld.number, withheld.caller_name, withheld.outbound) == (None, None, "", True)


def test_a_contact_is_named_after_its_channel() -> None:
    with pytest.raises(BadMessageError, match="unique id"):
        arrival(PBX, "DE", caller(), lambda name: "18.1-1" if name == "Contact" else "")


def test_the_channels_own_language_is_not_the_callers() -> None:
    assert said(caller(Intent="sales"), "Intent") == "sales"
    assert said(caller(Language="en"), "Language") == ""
