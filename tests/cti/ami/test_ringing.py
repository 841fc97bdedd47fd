from callcenter.call_commands import RingNumber
from callcenter.commands import RingDevice
from callcenter.cti.ami.ringing import originate
from callcenter.types import ChannelRef, ContactId, DeviceRef, OfferId, PbxName

PBX = PbxName("main")
CHANNEL = ChannelRef(PBX, "17.1")


def test_a_phone_is_rung_as_the_offer() -> None:
    action = originate(
        RingDevice(OfferId("o"), ContactId("c"), CHANNEL, DeviceRef(PBX, "PJSIP/1"), "0301", "Ann", 9_000)
    )
    assert (action.keys["Channel"], action.keys["ChannelId"], action.keys["Timeout"]) == ("PJSIP/1", "o", "9000")
    assert action.variables == {"CALLCENTER_OFFER": "o", "CALLCENTER_CALLER": "17.1"}


def test_a_number_is_called_through_the_admins_dialplan() -> None:
    action = originate(RingNumber(OfferId("o"), ContactId("c"), CHANNEL, "+4930123456", None, "", 9_000))
    assert action.keys["Channel"] == "Local/+4930123456@callcenter-dial/n"
    assert action.keys["OtherChannelId"] == "o-far"
