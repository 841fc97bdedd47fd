"""What the core is told, story by story: first what a real PBX said, then what it might say at the wrong moment."""

import pytest

from callcenter.commands import ConfirmConnection, StopRinging
from callcenter.cti.ami import translation
from callcenter.cti.ami.translation import device_list, status
from callcenter.cti.ami.wire import BadMessageError, encode
from callcenter.events import ContactArrived, DeviceChanged, Leg, OfferEnded, OfferRinging, PbxSynced
from callcenter.types import ContactId, DeviceStatus, LegEnd, OfferId
from tests.cti.ami.by_hand import (
    ARRIVED,
    CALLER,
    CHANNEL,
    DEVICE,
    LEFT,
    OFFER,
    RING,
    RINGS,
    frame,
    listed,
    ringing,
    tell,
)
from tests.cti.captures import Story, messages


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("arrival_and_hang_up", [ARRIVED, LEFT]),
        ("talk_agent_hangs_up", [ARRIVED, RINGS, "offer-1 connected", "offer-1 ended: hung_up", LEFT]),
        ("talk_caller_hangs_up", [ARRIVED, RINGS, "offer-1 connected", LEFT, "offer-1 ended: hung_up"]),
        ("busy_486", [ARRIVED, RINGS, "offer-1 ended: busy", LEFT]),
        ("declined_603", [ARRIVED, RINGS, "offer-1 ended: busy", LEFT]),
        ("unavailable_480", [ARRIVED, RINGS, "offer-1 ended: no_answer", LEFT]),
        ("no_answer_timeout", [ARRIVED, RINGS, "offer-1 ended: no_answer", LEFT]),
        ("not_found_404", [ARRIVED, RINGS, "offer-1 ended: unreachable", LEFT]),
        ("server_error_500", [ARRIVED, RINGS, "offer-1 ended: unreachable", LEFT]),
        ("phone_not_registered", [ARRIVED, "offer-1 ended: unreachable", LEFT]),
        ("phone_unknown", [ARRIVED, "offer-1 ended: unreachable", LEFT]),
        ("phone_registered_but_dead", [ARRIVED, "offer-1 ended: unreachable", LEFT]),
        ("caller_hangs_up_while_ringing", [ARRIVED, RINGS, LEFT, "offer-1 ended: no_answer"]),
        ("caller_gone_at_the_answer", [ARRIVED, RINGS, LEFT, "offer-1 ended: caller_gone"]),
        ("withdrawn_while_ringing", [ARRIVED, RINGS, "offer-1 ended: no_answer", LEFT]),
        ("withdrawn_after_bridge", [ARRIVED, RINGS, "offer-1 connected", "offer-1 ended: hung_up", LEFT]),
        ("fallback", [ARRIVED, "contact-1 left: fallback"]),
        ("blind_transfer", [ARRIVED, RINGS, "offer-1 connected", "offer-1 ended: hung_up", LEFT]),
        (
            "blind_transfer_to_the_call_center",
            [
                ARRIVED,
                RINGS,
                "offer-1 connected",
                "offer-1 ended: hung_up",
                LEFT,
                "contact-2 arrived",
                "contact-2 left: hung_up",
            ],
        ),
        ("phone_in_another_call", []),
    ],
)
def test_a_story_of_a_real_pbx(name: str, lines: list[str]) -> None:
    told = Story().play(name).lines
    begin = lines.index("offer-1 connected") + 1 if "offer-1 connected" in lines else len(lines)
    assert told[:begin] == lines[:begin]
    # The two sides of a conversation end at the same moment, and the PBX tells of them in either order.
    assert sorted(told[begin:]) == sorted(lines[begin:])


@pytest.mark.parametrize("name", ["talk_agent_hangs_up", "phone_not_registered", "caller_gone_at_the_answer"])
def test_a_stream_that_is_said_twice_tells_no_offer_twice(name: str) -> None:
    story = Story().play(name)
    offers = [line for line in story.lines if line.startswith("offer")]
    for message in messages(name):
        if message.get("UserEvent") != "CallcenterArrived":
            story.translator.handle(message)
    assert [line for line in story.lines if line.startswith("offer")] == offers


def test_devices_of_a_real_pbx() -> None:
    story = Story().play("phone_comes_and_goes")
    assert story.devices == ["PJSIP/1005 free", "PJSIP/1005 unreachable"]


def test_an_arrival_of_a_real_pbx_with_what_the_ivr_said() -> None:
    (arrival,) = Story().play("arrival_and_hang_up").arrivals
    assert arrival == ContactArrived(
        contact=ContactId(f"main-{arrival.channel.channel}-1"),
        channel=arrival.channel,
        caller="+493012345678",
        caller_name="Erika Mustermann",
        dialled="5000",
        account="A-17",
        intent="billing",
        language="es",
        number="+493012345678",
    )


def test_a_withheld_number_of_a_real_pbx() -> None:
    arrival = Story().play("withheld_number").arrivals[0]
    assert arrival.caller is None
    assert (arrival.account, arrival.intent, arrival.language) == (None, None, None)


def test_a_hostile_caller_id_of_a_real_pbx() -> None:
    story = Story().play("hostile_caller_id")
    assert story.lines == [ARRIVED, LEFT]
    assert story.arrivals[0].caller_name.startswith("Event: Hangup")
    assert story.arrivals[0].caller_name.isprintable()


# ---- by hand


class TestOffers:
    def test_bridging_is_told_once_and_only_with_the_caller(self) -> None:
        story = ringing()
        assert tell(story, "state offer-1 6", "enter offer-1 b1", "enter 9.9 b1") == []
        assert tell(story, f"enter {CALLER} b1") == ["offer-1 connected"]
        assert tell(story, "leave offer-1 b1", "enter offer-1 b1", "state offer-1 5") == []
        assert tell(story, "hangup offer-1 16", "hangup offer-1 16") == ["offer-1 ended: hung_up"]

    def test_answered_and_put_down_before_the_bridge_is_a_decline(self) -> None:
        assert tell(ringing(), "state offer-1 6", "hangup offer-1 16") == ["offer-1 ended: busy"]

    def test_caller_gone_at_the_answer_is_told_once(self) -> None:
        story = ringing()
        assert tell(story, "state offer-1 6", "bridged offer-1 NONEXISTENT", "hangup offer-1 16") == [
            "offer-1 ended: caller_gone"
        ]

    def test_a_bridge_that_the_pbx_could_not_make(self) -> None:
        assert tell(ringing(), "bridged offer-1 INCOMPATIBLE", "hangup offer-1 16") == ["offer-1 ended: failed"]

    def test_the_end_of_a_good_bridge_is_told_by_the_hangup(self) -> None:
        story = ringing()
        tell(story, f"enter {CALLER} b1", "enter offer-1 b1")
        assert tell(story, "bridged offer-1 SUCCESS", "bridged offer-1 NONEXISTENT") == []

    def test_a_failed_originate_with_a_channel_is_told_by_the_hangup_only(self) -> None:
        assert tell(ringing(), "failure offer-1", "hangup offer-1 17", "failure offer-1") == ["offer-1 ended: busy"]

    def test_a_failed_originate_without_a_channel(self) -> None:
        story = Story()
        tell(story, f"arrived {CALLER} 1")
        story.translator.actions(RING)
        assert tell(story, "failure offer-1", "failure offer-1") == ["offer-1 ended: unreachable"]

    def test_a_refused_originate_is_told_once_and_a_channel_that_comes_all_the_same_is_hung_up(self) -> None:
        story = Story()
        story.translator.actions(RING)
        story.translator.not_rung(OFFER)
        story.translator.not_rung(OFFER)
        assert story.events == [OfferEnded(OFFER, LegEnd.FAILED)]
        assert tell(story, "new offer-1", "hangup offer-1 16") == []
        assert [action.Channel for action in story.hung_up] == ["offer-1"]

    def test_an_answer_that_comes_too_late_for_us_does_not_end_a_leg_that_rings(self) -> None:
        story = ringing()
        story.translator.not_rung(OFFER)
        assert tell(story, "hangup offer-1 19") == ["offer-1 ended: no_answer"]

    def test_events_of_channels_that_are_not_ours_tell_nothing(self) -> None:
        story = Story()
        assert tell(story, "new 5.5", "state 5.5 5", "enter 5.5 b", "leave 5.5 b", "hangup 5.5 16", "failure 5.5") == []

    def test_an_event_that_nobody_handles(self) -> None:
        story = Story()
        story.translator.handle(frame("Event: FullyBooted"))
        story.translator.handle(frame("Event: UserEvent\nUserEvent: Other"))
        assert story.events == []


class TestContacts:
    def test_arrival_said_twice(self) -> None:
        assert tell(Story(), f"arrived {CALLER} 1", f"arrived {CALLER} 1") == [ARRIVED]

    def test_the_next_visit_ends_the_one_before(self) -> None:
        story = Story()
        tell(story, f"arrived {CALLER} 1", f"arrived {CALLER} 2", f"arrived {CALLER} 1", f"hangup {CALLER} 16")
        assert story.lines == [ARRIVED, LEFT, "contact-2 arrived", "contact-2 left: hung_up"]

    def test_fallback_then_hang_up_is_one_departure(self) -> None:
        story = Story()
        tell(story, f"arrived {CALLER} 1", f"fallback {CALLER} 1", f"fallback {CALLER} 1", f"hangup {CALLER} 16")
        assert story.lines == [ARRIVED, "contact-1 left: fallback"]

    def test_fallback_of_a_contact_that_is_not_the_channels(self) -> None:
        story = Story()
        assert tell(story, f"fallback {CALLER} 1", f"arrived {CALLER} 2", f"fallback {CALLER} 1") == [ARRIVED]

    @pytest.mark.parametrize("contact", ["", "9.9-1", "x"])
    def test_an_arrival_with_another_channels_contact_is_bad_input(self, contact: str) -> None:
        with pytest.raises(BadMessageError, match=r"channel '1.1'.*dialplan"):
            Story().translator.handle(
                frame(f"Event: UserEvent\nUniqueid: 1.1\nUserEvent: CallcenterArrived\nContact: {contact}")
            )

    def test_the_channels_own_language_is_not_the_one_of_the_ivr(self) -> None:
        story = Story()
        head = "Event: UserEvent\nUniqueid: 1.1\nLanguage: en\nUserEvent: CallcenterArrived\nContact: 1.1-1"
        story.translator.handle(frame(f"{head}\nLanguage: "))
        story.translator.handle(frame(f"{head.replace('1.1', '1.2')}\nLanguage: es"))
        assert [arrival.language for arrival in story.arrivals] == [None, "es"]

    def test_a_number_that_the_caller_withholds_is_not_ours_to_know(self) -> None:
        story = Story()
        head = "Event: UserEvent\nUniqueid: 1.1\nCallerIDNum: 5550100\nCallerIDName: Jo\nUserEvent: CallcenterArrived"
        story.translator.handle(frame(f"{head}\nContact: 1.1-1\nWithheld: 1"))
        story.translator.handle(frame(f"{head}\nContact: 1.1-2\nWithheld: 0"))
        assert [(one.caller, one.caller_name) for one in story.arrivals] == [(None, ""), ("5550100", "Jo")]

    def test_a_number_is_read_with_the_region_that_it_comes_from_and_kept_as_it_came(self) -> None:
        events: list[object] = []
        pbx = Story().play("arrival_and_hang_up").arrivals[0].channel.pbx
        translator = translation.Translator(pbx, "PJSIP/", events.append, lambda action: None, "DE")
        head = "Event: UserEvent\nUniqueid: 1.1\nUserEvent: CallcenterArrived\nContact: 1.1-"
        for count, number in enumerate(("030 23125012", "4930 23125012", "214", "")):
            translator.handle(frame(f"{head}{count + 1}\nCallerIDNum: {number}"))
        assert [(one.caller, one.number) for one in events if isinstance(one, ContactArrived)] == [
            ("030 23125012", "+493023125012"),
            ("4930 23125012", "+493023125012"),
            ("214", None),
            (None, None),
        ]


class TestDevices:
    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("NOT_INUSE", DeviceStatus.FREE),
            ("INUSE", DeviceStatus.IN_USE),
            ("BUSY", DeviceStatus.IN_USE),
            ("ONHOLD", DeviceStatus.IN_USE),
            ("RINGINUSE", DeviceStatus.IN_USE),
            ("RINGING", DeviceStatus.RINGING),
            ("UNAVAILABLE", DeviceStatus.UNREACHABLE),
            ("INVALID", DeviceStatus.UNREACHABLE),
            ("UNKNOWN", DeviceStatus.UNKNOWN),
            ("SOMETHING NEW", DeviceStatus.UNKNOWN),
        ],
    )
    def test_states_and_their_meaning_told_when_they_change(self, state: str, status: DeviceStatus) -> None:
        story = Story()
        for _ in range(2):
            story.translator.handle(frame(f"Event: DeviceStateChange\nDevice: PJSIP/1001\nState: {state}"))
        assert story.events == [DeviceChanged(DEVICE, status)]

    def test_other_kinds_of_devices_are_left_out(self) -> None:
        story = Story()
        story.translator.handle(frame("Event: DeviceStateChange\nDevice: Queue:sales\nState: INUSE"))
        assert story.events == []


class TestCommands:
    def test_ring(self) -> None:
        (action,) = Story().translator.actions(RING)
        assert encode(action).decode() == (
            "Action: Originate\r\nActionID: offer-1:ring\r\nAsync: true\r\nChannelId: offer-1\r\n"
            "Channel: PJSIP/1001\r\nContext: callcenter-agent\r\nExten: s\r\nPriority: 1\r\nTimeout: 20000\r\n"
            'CallerID: "Erika" <0301>\r\n'
            "Variable: CALLCENTER_OFFER=offer-1\r\nVariable: CALLCENTER_CALLER=1795.1\r\n\r\n"
        )

    def test_ring_released_again_is_not_sent_again(self) -> None:
        story = Story()
        assert len(story.translator.actions(RING)) == 1
        assert story.translator.actions(RING) == ()
        assert story.events == []

    def test_more_offers_than_there_is_room_for_fail(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(translation, "OFFER_LIMIT", 0)
        story = Story()
        assert story.translator.actions(RING) == ()
        assert story.events == [OfferEnded(OFFER, LegEnd.FAILED)]

    def test_stop_of_a_leg_that_rings(self) -> None:
        (action,) = ringing().translator.actions(StopRinging(OFFER, DEVICE))
        assert encode(action) == b"Action: Hangup\r\nActionID: offer-1:stop\r\nChannel: offer-1\r\n\r\n"

    def test_stop_before_there_is_a_channel_is_done_when_it_comes(self) -> None:
        story = Story()
        story.translator.actions(RING)
        assert story.translator.actions(StopRinging(OFFER, DEVICE)) == ()
        assert story.hung_up == []
        assert tell(story, "new offer-1") == []
        assert [action.Channel for action in story.hung_up] == ["offer-1"]
        assert tell(story, "hangup offer-1 0") == ["offer-1 ended: unreachable"]

    def test_stop_of_an_offer_that_is_not_known_is_remembered_within_a_bound(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(translation, "STOPPED_LIMIT", 2)
        story = Story()
        for name in ("a", "b", "c"):
            assert story.translator.actions(StopRinging(OfferId(name), DEVICE)) == ()
        tell(story, "new a", "new b", "new c", "new c")
        assert [action.Channel for action in story.hung_up] == ["b", "c"]

    def test_confirm(self) -> None:
        (action,) = Story().translator.actions(ConfirmConnection(OFFER, CHANNEL))
        assert encode(action) == (
            b"Action: Setvar\r\nActionID: offer-1:confirm\r\nChannel: 1795.1\r\n"
            b"Variable: CALLCENTER_CONNECTED\r\nValue: offer-1\r\n\r\n"
        )


class TestSync:
    def test_what_a_real_pbx_lists(self) -> None:
        story = Story()
        listing = [message for message in messages("resync") if message.get("ActionID").startswith("probe-")]
        story.translator.sync(
            [message for message in listing if message.name == "Status"],
            [message for message in listing if message.name == "DeviceStateChange"],
        )
        (synced,) = story.events
        assert isinstance(synced, PbxSynced)
        first, second, third = synced.waiting
        assert [arrival.caller for arrival in synced.waiting] == ["+493012345678", "0301", "0302"]
        assert (first.account, first.intent, first.language, first.dialled) == ("A-17", "billing", "es", "5000")
        assert (second.account, second.intent, second.language) == (None, None, None)
        assert third.caller_name == ""
        assert set(synced.legs) == {Leg(OfferId("offer-1"), first.contact), Leg(OfferId("offer-2"), None, ringing=True)}
        assert synced.fallback == ()
        assert DeviceChanged(DEVICE, DeviceStatus.IN_USE) in synced.devices
        assert all(changed.device.device.startswith("PJSIP/") for changed in synced.devices)

    def test_only_those_in_hold_or_in_conversation_wait_and_oldest_first(self) -> None:
        story = Story()
        story.translator.sync(
            [
                listed("100.10", "callcenter-hold", CONTACT="100.10-1", DIALLED="5000"),
                listed("100.9", "callcenter", CONTACT="100.9-3"),
                listed("99.2", "callcenter-fallback", CONTACT="99.2-1"),
                listed("99.1", "callcenter-survey", CONTACT="99.1-1"),
                listed("98.1", "elsewhere", bridge="b", CONTACT="98.1-1"),
                listed("offer-1", "callcenter-agent", bridge="b", OFFER="offer-1", CALLER="98.1"),
                listed("offer-2", "from-agents", state="5", OFFER="offer-2", CALLER="100.9"),
                listed("97.1", "from-agents", OFFER="offer-2"),
                listed("97.2", "callcenter-hold", CONTACT="no-good"),
                listed("96.1", "from-agents"),
            ],
            [],
        )
        (synced,) = story.events
        assert isinstance(synced, PbxSynced)
        assert [arrival.contact for arrival in synced.waiting] == ["main-98.1-1", "main-100.9-3", "main-100.10-1"]
        assert synced.fallback == ("main-99.2-1",)
        assert synced.legs == (Leg(OFFER, ContactId("main-98.1-1")), Leg(OfferId("offer-2"), None, ringing=True))

    def test_events_that_say_what_was_listed_tell_nothing_new(self) -> None:
        story = Story()
        story.translator.sync(
            [
                listed(CALLER, "callcenter-hold", bridge="b", CONTACT=f"{CALLER}-1"),
                listed("offer-1", "callcenter-agent", bridge="b", OFFER="offer-1", CALLER=CALLER),
                listed("9.1", "callcenter-fallback", CONTACT="9.1-1"),
            ],
            [],
        )
        del story.events[:]
        assert tell(story, f"arrived {CALLER} 1", "new offer-1", "state offer-1 5", "state offer-1 6") == []
        assert (
            tell(story, f"enter {CALLER} b", "enter offer-1 b", "fallback 9.1 1", "hangup 9.1 16", "hangup 8 16") == []
        )
        assert tell(story, "hangup offer-1 16") == ["offer-1 ended: hung_up"]

    def test_a_leg_found_ringing_can_still_be_answered(self) -> None:
        story = Story()
        story.translator.sync(
            [
                listed(CALLER, "callcenter-hold", CONTACT=f"{CALLER}-1"),
                listed("offer-1", "from-agents", state="5", OFFER="offer-1", CALLER=CALLER),
            ],
            [],
        )
        del story.events[:]
        assert tell(story, "state offer-1 5", "state offer-1 6", f"enter {CALLER} b", "enter offer-1 b") == [
            "offer-1 connected"
        ]

    def test_an_offer_asked_for_before_the_loss_whose_channel_comes_after_the_sync_is_hung_up(self) -> None:
        story = Story()
        story.translator.actions(RING)
        story.translator.sync([], [])
        tell(story, "new offer-1", "state offer-1 5")
        assert [action.Channel for action in story.hung_up] == ["offer-1"]
        assert not any(isinstance(one, OfferRinging) for one in story.events)

    def test_a_stop_asked_for_before_the_loss_is_still_carried_out(self) -> None:
        story = Story()
        story.translator.actions(RING)
        story.translator.actions(StopRinging(OFFER, DEVICE))
        story.translator.sync([listed("offer-1", "from-agents", state="5", OFFER="offer-1", CALLER=CALLER)], [])
        assert [action.Channel for action in story.hung_up] == ["offer-1"]

    def test_what_is_asked_for(self) -> None:
        assert encode(status()).startswith(b"Action: Status\r\nVariables: CALLCENTER_CONTACT,CALLCENTER_DIALLED,")
        assert encode(device_list()) == b"Action: DeviceStateList\r\n\r\n"
