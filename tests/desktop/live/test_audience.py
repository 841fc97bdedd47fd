from callcenter.desktop.access.permissions import Caller, permissions_of
from callcenter.desktop.live.audience import Audience, audience_of, has_screen, name_for, number_for, sees
from callcenter.types import AgentId, QueueName

SALES, SUPPORT = QueueName("sales"), QueueName("support")


def caller(*roles: str, queues: frozenset[QueueName] | None = None) -> Caller:
    return Caller(AgentId("x"), "X", permissions_of(roles, queues is not None), queues)


def test_an_agent_has_a_screen_and_sees_no_floor() -> None:
    assert has_screen(caller("agent"))
    assert audience_of(caller("agent")) is None


def test_a_supervisor_sees_whole_numbers_and_a_viewer_masked_ones() -> None:
    assert not has_screen(caller("supervisor"))
    assert audience_of(caller("supervisor")) == Audience(None, True, True)
    assert audience_of(caller("viewer")) == Audience(None, False, False)
    limited = audience_of(caller("supervisor", queues=frozenset({SALES})))
    assert limited == Audience(frozenset({SALES}), True, True)


def test_what_is_of_no_queue_yet_is_shown_to_those_who_see_all() -> None:
    assert sees(Audience(), ())
    assert not sees(Audience(frozenset({SALES})), ())
    assert sees(Audience(frozenset({SALES})), (SUPPORT, SALES))
    assert not sees(Audience(frozenset({SALES})), (SUPPORT,))


def test_numbers_and_names_are_shown_to_those_who_may_see_them() -> None:
    masked = Audience(None, False, False)
    assert (number_for(Audience(), "+4930901234"), name_for(Audience(), "Dana")) == ("+4930901234", "Dana")
    assert "90123" not in str(number_for(masked, "+4930901234"))
    assert name_for(masked, "Dana") == ""
    assert number_for(masked, None) is None
