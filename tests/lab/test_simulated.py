"""The simulated PBX, asked over AMI as the daemon asks it: byte in, byte out, on a clock that the test moves."""

import hashlib
from dataclasses import dataclass, field
from random import Random

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from lab.simulated import LOOK_S, MAX_CALLS, MESSAGE_S, Phone, SimulatedPbx, Visitor
from lab.simulated_ami import MAX_ACTION_BYTES, WRITE_LIMIT_S, AmiLink
from lab.simulated_calls import CallerStream

SECRET = "open sesame"
JANE = Visitor("+12125550123", "8001", "Jane Doe", "A-77", "billing", "en", patience_s=60.0)
PROMPT = Phone(answers_after_s=(2.0, 2.0), talks_s=(20.0, 20.0))
BEAT_S = 1.0

Message = dict[str, str]


@dataclass
class Client:
    """Speaks AMI to one link and reads what came back since it last looked."""

    link: AmiLink
    transport: StringTransport = field(default_factory=StringTransport)

    def __post_init__(self) -> None:
        self.link.makeConnection(self.transport)  # type: ignore[no-untyped-call]

    def say(self, name: str, **headers: str) -> None:
        lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in headers.items())]
        self.link.dataReceived("\r\n".join([*lines, "", ""]).encode())

    def log_in(self, secret: str = SECRET) -> None:
        self.say("Challenge", AuthType="MD5")
        challenge = self.heard()[-1]["Challenge"]
        key = hashlib.md5((challenge + secret).encode()).hexdigest()
        self.say("Login", AuthType="MD5", Username="callcenter", Key=key)

    def raw(self) -> bytes:
        """All that came since it was last read."""
        value: bytes = self.transport.value()  # type: ignore[no-untyped-call]
        self.transport.clear()  # type: ignore[no-untyped-call]
        return value

    def heard(self) -> list[Message]:
        text = self.raw().decode().removeprefix("Asterisk Call Manager/11.0.0\r\n")
        frames = text.split("\r\n\r\n")
        assert frames.pop() == ""
        return [dict(line.split(": ", 1) for line in frame.split("\r\n")) for frame in frames]

    def events(self, *names: str) -> list[Message]:
        return [message for message in self.heard() if message.get("Event") in names]

    def results(self) -> list[tuple[str, str]]:
        """What the agents' dialplan said of their legs: offer and result."""
        return [(one["Offer"], one["Result"]) for one in self.events("UserEvent") if "Result" in one]

    def contexts(self) -> list[str]:
        """Where the callers and the legs are in the dialplan."""
        self.heard()
        self.say("Status")
        return [one["Context"] for one in self.events("Status")]

    def send_away(self, caller: str, message: str) -> None:
        self.say("Redirect", Channel=caller, Context="callcenter-away", Exten=message, Priority="1")

    def offer(self, caller: str, phone: str = "1001", offer: str = "o1", timeout_ms: int = 15_000) -> None:
        self.say(
            "Originate",
            ActionID=f"ring-{offer}",
            Channel=f"PJSIP/{phone}",
            Context="callcenter-agent",
            Exten="s",
            Priority="1",
            Async="true",
            ChannelId=f"leg-{offer}",
            Timeout=str(timeout_ms),
            CallerID='"Jane Doe" <+12125550123>',
            Variable=f"CALLCENTER_OFFER={offer},CALLCENTER_CALLER={caller}",
        )


@dataclass
class Floor:
    pbx: SimulatedPbx
    clock: Clock
    client: Client

    def pass_s(self, seconds: float) -> None:
        """Let time go by with the daemon's heartbeat in it."""
        for _ in range(round(seconds / BEAT_S)):
            self.client.say("Setvar", Variable="GLOBAL(CALLCENTER_BEAT)", Value=str(self.clock.seconds()))
            self.clock.pump([BEAT_S / 10] * 10)

    def caller(self, visitor: Visitor = JANE) -> str:
        uniqueid = self.pbx.call(visitor)
        assert uniqueid is not None
        return uniqueid

    def offered(self, since_s: float = 0.0) -> str:
        """A caller for whom the phone 1001 has rung for so long, by the offer o1."""
        caller = self.caller()
        self.client.offer(caller)
        self.pass_s(since_s)
        return caller


def floor(**phones: Phone) -> Floor:
    clock = Clock()
    clock.advance(1_800_000_000)
    by_name = {name.removeprefix("p"): phone for name, phone in phones.items()}
    pbx = SimulatedPbx(clock, Random(7), by_name, secret=SECRET)
    client = Client(pbx.link())
    client.log_in()
    client.heard()
    return Floor(pbx, clock, client)


def words(messages: list[Message]) -> list[str]:
    return [" ".join(filter(None, [message["Event"], message.get("UserEvent")])) for message in messages]


# ---- the manager interface


def test_login_by_challenge_and_nothing_before_it() -> None:
    client = Client(SimulatedPbx(Clock(), Random(1), {}, secret=SECRET).link())
    assert client.raw() == b"Asterisk Call Manager/11.0.0\r\n"
    client.say("Ping", ActionID="1")
    assert client.heard() == [{"Response": "Error", "ActionID": "1", "Message": "Permission denied"}]
    client.log_in()
    assert client.heard()[-1] == {"Response": "Success", "Message": "Authentication accepted"}
    client.say("Ping", ActionID="2")
    assert client.heard()[0]["Ping"] == "Pong"


def test_events_come_once_they_are_asked_for() -> None:
    here = floor()
    for mask, answer, count in (("off", "Off", 0), ("call,user", "On", 3)):
        here.client.say("Events", EventMask=mask)
        assert here.client.heard() == [{"Response": "Success", "Events": answer}]
        here.caller()
        assert len(here.client.heard()) == count


@pytest.mark.parametrize("refused", [True, False])
def test_a_login_is_refused_after_a_second_for_a_wrong_secret_or_on_demand(refused: bool) -> None:
    clock = Clock()
    pbx = SimulatedPbx(clock, Random(1), {}, secret=SECRET)
    pbx.refuse_logins = refused
    client = Client(pbx.link())
    client.log_in(SECRET if refused else "guess")
    assert client.heard() == []
    clock.advance(1.0)
    assert client.heard() == [{"Response": "Error", "Message": "Authentication failed"}]
    assert client.transport.disconnecting
    pbx.refuse_logins = False
    allowed = Client(pbx.link())
    allowed.log_in()
    assert allowed.heard()[-1]["Response"] == "Success"


def test_links_can_be_cut() -> None:
    here = floor()
    here.pbx.cut_links()
    assert here.client.transport.disconnected


def test_a_silent_pbx_takes_connections_and_says_nothing() -> None:
    here = floor()
    here.pbx.silent = True
    here.client.say("Ping")
    here.caller()
    assert here.client.heard() == []
    assert Client(here.pbx.link()).raw() == b""
    here.pbx.silent = False
    here.client.say("Ping")
    assert here.client.heard()[0]["Ping"] == "Pong"


def test_an_endless_action_ends_the_link() -> None:
    here = floor()
    here.client.link.dataReceived(b"x" * (MAX_ACTION_BYTES + 1))
    assert here.client.transport.disconnected


def test_a_client_that_takes_no_data_is_dropped_after_a_while() -> None:
    here = floor()
    here.client.link.pauseProducing()
    here.clock.advance(WRITE_LIMIT_S / 2)
    here.client.link.resumeProducing()
    here.clock.advance(WRITE_LIMIT_S)
    assert not here.client.transport.disconnected
    here.client.link.pauseProducing()
    here.clock.advance(WRITE_LIMIT_S)
    assert here.client.transport.disconnected


def test_what_the_user_may_not_do_and_what_nobody_can() -> None:
    here = floor()
    here.client.say("Filter", Operation="Add")
    here.client.say("Dance")
    here.client.say("Hangup", Channel="1.1")
    here.client.say("Setvar", Channel="1.1", Variable="A", Value="b")
    assert [message["Message"] for message in here.client.heard()] == [
        "Permission denied",
        "Invalid/unknown command: Dance. Use Action: ListCommands to show available commands.",
        "No such channel",
        "No such channel",
    ]


# ---- calls


def test_an_arrival_names_the_contact_and_what_the_ivr_learned() -> None:
    here = floor()
    caller = here.caller()
    new, up, arrived = here.client.events("Newchannel", "Newstate", "UserEvent")
    assert (new["ChannelState"], up["ChannelState"]) == ("4", "6")
    wanted = {"UserEvent": "CallcenterArrived", "Contact": f"{caller}-1", "Dialled": "8001", "Account": "A-77"}
    wanted |= {"Intent": "billing", "Language": "en", "Uniqueid": caller, "CallerIDNum": "+12125550123"}
    assert wanted.items() <= arrived.items()


def test_an_offer_is_answered_and_the_agent_ends_the_call() -> None:
    here = floor(p1001=PROMPT)
    caller = here.caller()
    here.client.heard()
    here.client.offer(caller)
    here.pass_s(1)
    heard = here.client.heard()
    assert [message["ChannelState"] for message in heard if "ChannelState" in message] == ["0", "5"]
    assert [message["State"] for message in heard if message.get("Event") == "DeviceStateChange"] == ["RINGING"]
    here.pass_s(2)
    heard = [message for message in here.client.heard() if "Event" in message]
    told = ["Newstate", "DeviceStateChange", "OriginateResponse", "BridgeCreate", "BridgeEnter", "BridgeEnter"]
    assert words(heard) == told
    assert (heard[1]["State"], heard[2]["Response"]) == ("INUSE", "Success")
    assert [message.get("Uniqueid") for message in heard[4:]] == [caller, "leg-o1"]
    here.client.say("Setvar", Channel=caller, Variable="CALLCENTER_CONNECTED", Value="1")
    here.pass_s(25)
    ends = here.client.events("Hangup")
    assert {message["Uniqueid"] for message in ends} == {caller, "leg-o1"}
    assert {message["Cause"] for message in ends} == {"16"}
    assert here.pbx.waiting == here.pbx.legs == []


def test_a_caller_who_ends_the_talk_leaves_an_agent_whose_dialplan_says_so() -> None:
    here = floor(p1001=PROMPT)
    caller = here.offered(since_s=3)
    here.client.heard()
    here.pbx.hang_up(caller)
    heard = [message for message in here.client.heard() if "Event" in message]
    expected = ["BridgeLeave", "UserEvent CallcenterBridge", "Hangup", "DeviceStateChange", "BridgeDestroy"]
    assert words(heard)[-5:] == expected
    assert next(message for message in heard if "Result" in message)["Result"] == "SUCCESS"


def test_a_decline_is_busy_and_a_silent_phone_is_no_answer() -> None:
    here = floor(p1001=Phone(declines=1.0), p1002=Phone(ignores=1.0))
    caller = here.caller()
    here.client.offer(caller, "1001", "o1")
    here.client.offer(caller, "1002", "o2", timeout_ms=5_000)
    here.pass_s(6)
    heard = here.client.heard()
    ends = {message["Uniqueid"]: message["Cause"] for message in heard if message.get("Event") == "Hangup"}
    assert ends == {"leg-o1": "17", "leg-o2": "19"}
    reasons = {message["Uniqueid"]: message["Reason"] for message in heard if "Reason" in message}
    assert reasons == {"leg-o1": "0", "leg-o2": "3"}
    assert here.pbx.waiting == [caller]


def test_a_phone_that_is_not_there_and_one_in_a_call() -> None:
    here = floor(p1001=PROMPT, p1002=Phone(reachable=False))
    caller = here.caller()
    here.client.heard()
    here.client.offer(caller, "1002", "o1")
    here.client.offer(caller, "1777", "o2")
    here.pass_s(1)
    assert [message["Response"] for message in here.client.events("OriginateResponse")] == ["Failure", "Failure"]
    here.client.offer(caller, "1001", "o3")
    here.client.offer(caller, "1001", "o4")
    here.pass_s(1)
    ended = here.client.events("Hangup")
    assert [(message["Uniqueid"], message["Cause"]) for message in ended] == [("leg-o4", "17")]


def test_an_offer_withdrawn_while_it_rings_and_one_withdrawn_too_early() -> None:
    here = floor(p1001=PROMPT)
    here.offered()
    here.client.heard()
    here.client.say("Hangup", Channel="leg-o1", Cause="16")
    assert here.client.heard()[0]["Message"] == "No such channel"
    here.pass_s(1)
    here.client.say("Hangup", Channel="leg-o1", Cause="16")
    assert [message["Cause"] for message in here.client.events("Hangup")] == ["16"]
    assert here.pbx.legs == []


def test_an_answer_after_the_caller_has_gone_finds_nobody() -> None:
    here = floor(p1001=PROMPT)
    caller = here.offered(since_s=1)
    here.pbx.hang_up(caller)
    here.pass_s(2)
    assert here.client.results() == [("o1", "NONEXISTENT")]
    assert here.pbx.legs == []


def test_a_short_talk_that_nobody_confirmed_returns_the_caller_to_the_holding_place() -> None:
    here = floor(p1001=Phone(answers_after_s=(1.0, 1.0), talks_s=(90.0, 90.0)))
    caller = here.offered(since_s=2)
    here.client.say("Hangup", Channel="leg-o1")
    assert here.pbx.waiting == [caller]
    here.client.offer(caller, offer="o2")
    here.pass_s(8)
    here.client.say("Hangup", Channel="leg-o2")
    assert here.pbx.waiting == []


def test_the_second_of_two_agents_who_answer_finds_the_caller_taken() -> None:
    here = floor(p1001=PROMPT, p1002=PROMPT)
    caller = here.caller()
    here.client.offer(caller, "1001", "o1")
    here.client.offer(caller, "1002", "o2")
    here.pass_s(3)
    assert here.client.results() == [("o2", "TAKEN")]
    assert here.pbx.legs == ["leg-o1"]
    assert here.pbx.waiting == [caller]


@pytest.mark.parametrize("outcome", ["withdrawn", "closed", "holiday"])
def test_a_caller_who_is_sent_away_hears_a_message_and_the_call_ends(outcome: str) -> None:
    here = floor(p1001=PROMPT)
    caller = here.offered(since_s=1)
    here.client.heard()
    here.client.send_away(caller, outcome)
    assert here.client.heard()[0]["Message"] == "Redirect successful"
    assert here.client.contexts()[0] == "callcenter-away"
    here.pass_s(2)
    assert here.client.results() == [("o1", "NONEXISTENT")]
    here.pass_s(MESSAGE_S + 1)
    assert [one["Uniqueid"] for one in here.client.events("Hangup")] == [caller]
    assert here.pbx.waiting == here.pbx.legs == []


def test_a_caller_who_is_sent_away_leaves_the_agent() -> None:
    here = floor(p1001=PROMPT)
    caller = here.offered(since_s=3)
    here.client.send_away(caller, "withdrawn")
    assert [one["Uniqueid"] for one in here.client.events("Hangup")] == ["leg-o1"]
    assert here.pbx.waiting == [caller]
    here.pass_s(MESSAGE_S + 1)
    assert here.pbx.waiting == []


def test_a_caller_whose_redirect_was_lost_is_sent_away_at_the_next_look() -> None:
    here = floor()
    caller = here.caller()
    here.client.say("Setvar", Channel=caller, Variable="CALLCENTER_AWAY", Value="closed")
    here.pass_s(LOOK_S + MESSAGE_S + 1)
    assert here.pbx.waiting == []


def test_a_talk_that_was_unconfirmed_ends_in_the_message_for_one_who_is_sent_away() -> None:
    here = floor(p1001=Phone(answers_after_s=(1.0, 1.0), talks_s=(90.0, 90.0)))
    caller = here.offered(since_s=2)
    here.client.say("Setvar", Channel=caller, Variable="CALLCENTER_AWAY", Value="closed")
    here.client.say("Hangup", Channel="leg-o1")
    assert here.client.contexts()[0] == "callcenter-away"


def test_a_redirect_of_nobody_and_to_nowhere_is_refused() -> None:
    here = floor()
    caller = here.caller()
    here.client.heard()
    here.client.say("Redirect", Channel="1.1", Context="callcenter-away", Exten="closed", Priority="1")
    here.client.say("Redirect", Channel=caller, Context="elsewhere", Exten="closed", Priority="1")
    assert [message["Message"] for message in here.client.heard()] == [
        "Channel does not exist: 1.1",
        "Redirect failed: the simulated PBX knows callers and callcenter-away",
    ]


def test_a_caller_loses_patience() -> None:
    here = floor()
    here.caller()
    here.pass_s(61)
    assert len(here.client.events("Hangup")) == 1
    assert here.pbx.waiting == []


def test_callers_go_to_the_fallback_queue_when_the_heartbeat_stops_and_only_then() -> None:
    here = floor()
    caller = here.caller()
    here.pass_s(20)
    assert here.client.events("UserEvent")[1:] == []
    here.clock.pump([1.0] * 14)
    assert [message["Contact"] for message in here.client.events("UserEvent")] == [f"{caller}-1"]
    assert here.client.contexts()[0] == "callcenter-fallback"


def test_status_lists_channels_bridges_and_variables() -> None:
    here = floor(p1001=PROMPT)
    caller = here.offered(since_s=3)
    here.client.heard()
    here.client.say("Status", ActionID="s", Variables="CALLCENTER_OFFER")
    _, first, second, complete = here.client.heard()
    assert (first["Uniqueid"], first["Variable"]) == (caller, "CALLCENTER_OFFER=(null)")
    assert (second["Uniqueid"], second["Variable"]) == ("leg-o1", "CALLCENTER_OFFER=o1")
    assert first["BridgeID"] == second["BridgeID"] != ""
    assert complete["ListItems"] == "2"


def test_devices_are_listed_and_tell_when_they_come_and_go() -> None:
    here = floor(p1001=PROMPT, p1002=Phone(reachable=False))
    here.client.say("DeviceStateList", ActionID="d")
    states = {message["Device"]: message["State"] for message in here.client.events("DeviceStateChange")}
    assert {"PJSIP/1001": "NOT_INUSE", "PJSIP/1002": "UNAVAILABLE"}.items() <= states.items()
    here.pbx.set_reachable("1002", True)
    here.pbx.set_reachable("1001", False)
    told = [(message["Device"], message["State"]) for message in here.client.events("DeviceStateChange")]
    assert told == [("PJSIP/1002", "NOT_INUSE"), ("PJSIP/1001", "UNAVAILABLE")]


def test_the_pbx_turns_callers_away_when_it_is_full() -> None:
    here = floor()
    for _ in range(MAX_CALLS):
        here.caller()
    assert here.pbx.call(JANE) is None
    assert here.pbx.turned_away == 1


def test_a_stream_of_callers_comes_at_its_rate_and_stops() -> None:
    clock = Clock()
    came: list[Visitor] = []
    stream = CallerStream(clock, Random(3), came.append, iter([JANE] * 10_000), lambda _: 2.0)
    stream.start()
    clock.pump([0.05] * 20_000)
    assert 1_800 < len(came) < 2_200
    stream.stop()
    seen = len(came)
    clock.pump([1.0] * 10)
    assert len(came) == seen


def test_the_same_seed_makes_the_same_day() -> None:
    def day() -> bytes:
        here = floor(p1001=Phone(declines=0.3, ignores=0.2))
        for number in range(5):
            here.client.offer(here.caller(), "1001", f"o{number}")
            here.pass_s(20)
        return here.client.raw()

    assert day() == day()
