"""The mirror's few moves."""

import pytest

from callcenter.cti.ami import mirror
from callcenter.cti.ami.mirror import Caller, LiveOffer, Mirror
from callcenter.events import ContactArrived
from callcenter.types import ChannelRef, ContactId, DeviceStatus, OfferId, PbxName


def a_mirror() -> Mirror:
    arrival = ContactArrived(ContactId("main-1.1-1"), ChannelRef(PbxName("main"), "1.1"), None, "", "5000")
    return Mirror(callers={"1.1": Caller("1.1", arrival)}, offers={"o": LiveOffer(OfferId("o"), "1.1")})


def test_together_only_while_both_are_in_one_bridge() -> None:
    held = a_mirror()
    held.enter("1.1", "b1")
    assert not held.together("o", "1.1")
    held.enter("o", "b2")
    assert not held.together("o", "1.1")
    held.enter("o", "b1")
    assert held.together("o", "1.1")
    assert held.caller_with("o") is held.callers["1.1"]
    held.leave("1.1", "b1")
    assert not held.together("o", "1.1")
    assert held.caller_with("o") is None


def test_a_late_leave_of_the_bridge_before_changes_nothing() -> None:
    held = a_mirror()
    held.enter("1.1", "b1")
    held.enter("1.1", "b2")
    held.enter("o", "b2")
    held.leave("1.1", "b1")
    assert held.together("o", "1.1")


def test_a_bridge_knows_who_is_in_it_until_the_last_has_left() -> None:
    held = a_mirror()
    held.enter("o", "b1")
    assert not held.is_with_a_leg("1.1")
    held.enter("1.1", "b1")
    assert held.is_with_a_leg("1.1")
    held.callers["1.1"].present = False
    assert held.caller_with("o") is None
    held.remove("o")
    assert not held.is_with_a_leg("1.1")
    held.remove("1.1")
    assert not held._inside


def test_channels_that_are_not_ours_are_not_kept() -> None:
    held = a_mirror()
    held.enter("other", "b1")
    assert not held.together("other", "other")


def test_remove_forgets_the_bridge_too() -> None:
    held = a_mirror()
    held.enter("1.1", "b1")
    caller, offer = held.remove("1.1")
    assert caller is not None
    assert offer is None
    assert held.remove("1.1") == (None, None)
    assert not held.together("1.1", "1.1")


def test_offers_to_a_caller() -> None:
    held = a_mirror()
    assert held.offers_to("1.1") == [held.offers["o"]]
    assert held.offers_to("1.2") == []


def test_a_device_changes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held = a_mirror()
    assert held.device_changed("PJSIP/1", DeviceStatus.UNKNOWN)
    assert not held.device_changed("PJSIP/1", DeviceStatus.UNKNOWN)
    assert held.device_changed("PJSIP/1", DeviceStatus.FREE)
    monkeypatch.setattr(mirror, "DEVICE_LIMIT", 1)
    assert not held.device_changed("PJSIP/2", DeviceStatus.FREE)
    assert held.device_changed("PJSIP/1", DeviceStatus.IN_USE)
