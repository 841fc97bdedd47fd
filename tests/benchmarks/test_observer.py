import pytest

from benchmarks.observer import Arrived, Freed, ObserverError, note


def test_queue_entry_of_app_queue_is_an_arrival() -> None:
    frame = (
        b"Event: QueueCallerJoin\r\nTimestamp: 1700000000.250000\r\nCallerIDNum: +12125550100\r\nQueue: bench\r\n\r\n"
    )

    assert note(frame) == Arrived("+12125550100", 1_700_000_000.25)


def test_user_event_of_the_call_center_is_an_arrival() -> None:
    frame = (
        b"Event: UserEvent\r\nTimestamp: 1700000001.500000\r\nCallerIDNum: 123\r\nUserEvent: CallcenterArrived\r\n"
        b"Contact: 1700000001.1-1\r\n\r\n"
    )

    assert note(frame) == Arrived("123", 1_700_000_001.5)


def test_hang_up_of_an_agents_channel_frees_the_phone() -> None:
    frame = b"Event: Hangup\r\nTimestamp: 1700000002.125000\r\nChannel: PJSIP/1007-0000000a\r\nCause: 16\r\n\r\n"

    assert note(frame) == Freed("1007", 1_700_000_002.125)


@pytest.mark.parametrize(
    "frame",
    [
        b"Event: UserEvent\r\nTimestamp: 1.0\r\nCallerIDNum: 123\r\nUserEvent: CallcenterBridge\r\n\r\n",
        b"Event: QueueCallerLeave\r\nTimestamp: 1.0\r\nCallerIDNum: 123\r\n\r\n",
        b"Event: Hangup\r\nTimestamp: 1.0\r\nChannel: PJSIP/trunk-0000000a\r\n\r\n",
        b"Response: Success\r\n\r\n",
    ],
)
def test_anything_else_is_not_noted(frame: bytes) -> None:
    assert note(frame) is None


def test_arrival_without_a_time_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ObserverError, match="without caller, channel or time"):
        note(b"Event: QueueCallerJoin\r\nCallerIDNum: 123\r\n\r\n")
