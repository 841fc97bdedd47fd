"""Supervisors' phones at the simulated PBX do what a real one's do."""

from collections.abc import Callable

from callcenter.events import DeviceChanged, Event
from callcenter.orders import (
    ChangeListening,
    ListeningBegan,
    ListeningEnded,
    ListeningId,
    ListenMode,
    Spy,
    StartListening,
    StopListening,
)
from callcenter.simulation.spying import RING_MS, Spies
from callcenter.types import DeviceRef, DeviceStatus, OfferId
from tests.playbook import PBX

LEG, PHONE = OfferId("anna.1"), DeviceRef(PBX, "PJSIP/sue")


class House:
    def __init__(self) -> None:
        self.spies = Spies(self)
        self.said: list[Event] = []
        self.due: list[tuple[int, Callable[[], None]]] = []
        self.legs = [LEG]

    def has_leg(self, leg: OfferId) -> bool:
        return leg in self.legs

    def status(self, device: DeviceRef) -> DeviceStatus:
        return self.spies.status(device) or DeviceStatus.FREE

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self.due.append((delay_ms, action))

    def say(self, stream: str, event: Event) -> None:
        self.said.append(event)

    def pass_time(self, until_ms: int) -> None:
        for at_ms, action in sorted(self.due, key=lambda one: one[0]):
            if at_ms <= until_ms:
                action()
        self.due = [one for one in self.due if one[0] > until_ms]

    def about_listening(self) -> list[Event]:
        return [event for event in self.said if not isinstance(event, DeviceChanged)]


def start(name: str = "b") -> StartListening:
    return StartListening(ListeningId(name), PHONE, LEG, ListenMode.LISTEN, "Ada")  # "b" answers, "d" does not


def test_a_phone_rings_is_answered_and_ends_with_the_leg_that_it_hears() -> None:
    house = House()
    house.spies.obey(start())
    assert house.status(PHONE) is DeviceStatus.RINGING
    house.pass_time(5_000)
    assert house.status(PHONE) is DeviceStatus.IN_USE
    assert house.spies.found() == (Spy(ListeningId("b"), LEG, ListenMode.LISTEN, True),)
    house.spies.leg_ended(OfferId("ben.1"))
    house.spies.leg_ended(LEG)
    assert house.about_listening() == [ListeningBegan(ListeningId("b")), ListeningEnded(ListeningId("b"))]
    assert house.status(PHONE) is DeviceStatus.FREE


def test_nobody_answers_or_there_is_nobody_left_to_hear() -> None:
    house = House()
    house.spies.obey(start("d"))
    house.pass_time(RING_MS)
    assert house.about_listening() == [ListeningEnded(ListeningId("d"))]
    late = House()
    late.legs.clear()
    late.spies.obey(start())
    late.pass_time(5_000)
    assert late.about_listening() == [ListeningEnded(ListeningId("b"))]


def test_a_change_is_heard_and_a_stop_is_obeyed_whenever_it_comes() -> None:
    house = House()
    house.spies.obey(start())
    house.pass_time(5_000)
    house.spies.obey(ChangeListening(ListeningId("b"), PHONE, LEG, ListenMode.BARGE))
    house.spies.obey(StopListening(ListeningId("b"), PHONE))
    assert len(house.about_listening()) == 3
    early = House()
    early.spies.obey(StopListening(ListeningId("b"), PHONE))
    early.spies.obey(start())
    assert early.said == []


def test_a_phone_in_use_cannot_listen_and_a_restart_forgets_all() -> None:
    house = House()
    house.spies.obey(start())
    house.spies.obey(start("other"))
    assert house.about_listening() == [ListeningEnded(ListeningId("other"))]
    house.spies.restart()
    assert house.spies.found() == ()
