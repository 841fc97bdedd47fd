"""The part of the floor that is somebody's business."""

import pytest

from callcenter.desktop.access.permissions import ROLES, Caller
from callcenter.desktop.api.reach import Reach
from callcenter.desktop.errors import ApiError
from callcenter.types import AgentId, QueueName
from tests.desktop.fake_desk import ANNA, SALES, SUPPORT, SUSAN, FakeDesk, waiting

ALL = Caller(SUSAN, "Susan", ROLES["supervisor"])
SELLERS = Caller(SUSAN, "Susan", ROLES["supervisor"], frozenset({SALES}), queue_groups=("sellers",))
GOLFERS = Caller(SUSAN, "Susan", ROLES["supervisor"], frozenset({QueueName("golf")}), queue_groups=("golfers",))


def reach() -> Reach:
    desk = FakeDesk()
    desk.contacts += [waiting("c-2", desk.now_ms(), SUPPORT), waiting("c-3", desk.now_ms(), queue=None)]  # type: ignore[arg-type]
    return Reach(desk)


def test_what_is_within_reach_is_found() -> None:
    assert reach().queue(SELLERS, "sales").name == SALES
    assert reach().agent(SELLERS, "anna").id == ANNA
    assert reach().contact(SELLERS, "contact-1").queue == SALES
    assert reach().contact(ALL, "c-3").queue is None


@pytest.mark.parametrize(("what", "name"), [("queue", "support"), ("contact", "c-2"), ("contact", "c-3")])
def test_what_is_another_groups_is_refused(what: str, name: str) -> None:
    with pytest.raises(ApiError, match=r"not of your queue groups \(sellers\)") as refused:
        getattr(reach(), what)(SELLERS, name)
    assert refused.value.status == 403


def test_an_agent_who_serves_none_of_the_queues_is_out_of_reach() -> None:
    with pytest.raises(ApiError) as refused:
        reach().agent(GOLFERS, "anna")
    assert refused.value.status == 403


@pytest.mark.parametrize("what", ["queue", "agent", "contact"])
def test_what_is_not_there_is_a_404(what: str) -> None:
    with pytest.raises(ApiError) as refused:
        getattr(reach(), what)(ALL, AgentId("nobody"))
    assert refused.value.status == 404
