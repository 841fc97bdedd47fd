"""The fencing token at the PBX, against a PBX in memory."""

from callcenter.commands import RingDevice
from callcenter.cti.asterisk import AsteriskPbx
from callcenter.cti.fencing import Fence
from callcenter.events import Event, PbxSynced
from callcenter.settings import PbxSettings
from callcenter.types import ChannelRef, ContactId, DeviceRef, OfferId, PbxName
from tests.cti.memory_pbx import SECRET, MemoryNet, MemoryPbx

PBX = PbxName("main")
OURS = 1_700_000_000_000


class Fenced:
    """A connection that has logged in, with a fence; `newer` has the epochs that it was fenced by."""

    def __init__(self) -> None:
        self.newer: list[int] = []
        self.events: list[Event] = []
        self.net = MemoryNet()
        fence = Fence(OURS, self.newer.append)
        self.pbx = AsteriskPbx(PbxSettings(), SECRET, self.events.append, self.net.reactor, fence=fence)
        self.pbx.start()
        self.other: MemoryPbx = self.net.answer()
        self.other.let_in()

    def hold(self, value: str) -> None:
        """The PBX tells which epoch it holds."""
        ping, question = self.other.hear()
        assert (question["Action"], question["Variable"]) == ("Getvar", "GLOBAL(CALLCENTER_EPOCH)")
        self.other.accept(ping)
        self.other.accept(question, f"\nVariable: GLOBAL(CALLCENTER_EPOCH)\nValue: {value}")

    def sync(self, *channels: str) -> None:
        claim = self.other.expect("Setvar")
        assert (claim["Variable"], claim["Value"]) == ("GLOBAL(CALLCENTER_EPOCH)", str(OURS))
        self.other.accept(claim)
        self.other.accept(self.other.expect("Events"))
        for name in ("Status", "DeviceStateList"):
            action_id = self.other.expect(name)["ActionID"]
            self.other.say(
                f"Response: Success\nActionID: {action_id}\nEventList: start",
                *(f"{channel}\nActionID: {action_id}" for channel in channels if name == "Status"),
                f"Event: {name}Complete\nActionID: {action_id}\nEventList: Complete",
            )
        self.other.tell_unbroken(False)

    def answer_beat(self, held: int | str) -> None:
        beat, look = self.other.hear()
        assert (beat["Variable"], look["Action"]) == ("GLOBAL(CALLCENTER_BEAT)", "Getvar")
        self.other.accept(beat)
        self.other.accept(look, f"\nVariable: GLOBAL(CALLCENTER_EPOCH)\nValue: {held}")


def test_epoch_is_the_pbxs_before_anything_is_asked_and_rides_on_each_leg() -> None:
    for held in ("", str(OURS - 1), str(OURS)):
        fenced = Fenced()
        fenced.hold(held)
        fenced.sync()
        assert fenced.events == [PbxSynced(PBX, (), (), (), ())]
        fenced.answer_beat(OURS)
        leg = RingDevice(
            OfferId("o-1"),
            ContactId("main-1.1-1"),
            ChannelRef(PBX, "1.1"),
            DeviceRef(PBX, "PJSIP/1001"),
            None,
            "",
            20_000,
        )
        fenced.pbx.execute(leg)
        raw = fenced.other.link.value().decode()  # type: ignore[no-untyped-call]
        assert f"CALLCENTER_EPOCH={OURS}" in raw
        assert not fenced.newer
        fenced.pbx.stop()


def test_newer_epoch_at_the_pbx_ends_the_sync_and_is_told() -> None:
    fenced = Fenced()
    fenced.hold(str(OURS + 1))
    assert fenced.newer == [OURS + 1]
    assert fenced.other.hear() == []
    assert fenced.events == []
    assert "another daemon has taken over" in fenced.pbx.health.words
    fenced.pbx.stop()


def test_newer_epoch_is_seen_at_the_next_heartbeat() -> None:
    fenced = Fenced()
    fenced.hold("")
    fenced.sync()
    fenced.answer_beat(OURS)
    assert not fenced.newer
    fenced.net.reactor.advance(1.0)
    fenced.answer_beat(OURS + 5)
    assert fenced.newer == [OURS + 5]
    fenced.pbx.stop()


def test_heartbeat_whose_question_is_refused_goes_on() -> None:
    fenced = Fenced()
    fenced.hold("")
    fenced.sync()
    beat, look = fenced.other.hear()
    fenced.other.accept(beat)
    fenced.other.refuse(look, "no")
    fenced.net.reactor.advance(1.0)
    fenced.answer_beat(OURS)
    assert not fenced.newer
    fenced.pbx.stop()


def test_epoch_that_the_pbx_has_lost_is_told_again() -> None:
    for held in (OURS - 1, ""):
        fenced = Fenced()
        fenced.hold("")
        fenced.sync()
        fenced.answer_beat(held)
        again = fenced.other.expect("Setvar")
        assert (again["Variable"], again["Value"]) == ("GLOBAL(CALLCENTER_EPOCH)", str(OURS))
        fenced.other.accept(again)
        assert not fenced.newer
        fenced.pbx.stop()


def test_legs_that_ring_at_the_takeover_get_the_new_epoch_and_those_that_talk_need_none() -> None:
    fenced = Fenced()
    fenced.hold(str(OURS - 1))
    fenced.sync(leg("rings", "5"), leg("talks", "6", "b"), leg("caller", "6", "b", offer=False))
    adopted = fenced.other.hear()[0]
    assert {key: adopted[key] for key in ("Action", "Channel", "Variable", "Value")} == {
        "Action": "Setvar",
        "Channel": "rings",
        "Variable": "CALLCENTER_EPOCH",
        "Value": str(OURS),
    }
    fenced.pbx.stop()


def leg(name: str, state: str, bridge: str = "", *, offer: bool = True) -> str:
    """A channel as the PBX lists it."""
    variables = {"OFFER": name, "CALLER": "caller"} if offer else {"CONTACT": "caller-1"}
    channel = f"Event: Status\nChannel: PJSIP/{name}\nUniqueid: {name}\nChannelState: {state}"
    lines = [f"Variable: CALLCENTER_{key}={value}" for key, value in variables.items()]
    return "\n".join([channel, "Context: callcenter-hold", f"BridgeID: {bridge}", *lines])
