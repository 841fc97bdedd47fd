from random import Random

from callcenter.commands import CallChanged
from callcenter.events import CallConsulted, CallTransferred, ConsultCompleted, ConsultConferred
from callcenter.simulation.call_orders import draw_call_order, draw_target
from callcenter.talks import Consult, ConsultState, Target
from callcenter.types import AgentId, ContactId
from tests.playbook import agent, configuration

CONFIG = configuration(agent("ada"), agent("bob"))
ADA, ANNA = AgentId("ada"), ContactId("anna")


def test_every_kind_of_target_is_drawn() -> None:
    rng = Random(1)
    drawn = [draw_target(rng, CONFIG) for _ in range(200)]
    for kind in ("queue", "agent", "number"):
        assert any(getattr(target, kind) is not None for target in drawn)


def test_a_call_is_mostly_ordered_what_makes_sense_for_it() -> None:
    rng = Random(1)
    consult = Consult(ContactId("anna-c1"), Target(agent=AgentId("bob")), ConsultState.TALKING, "", 0)
    plain = [type(draw_call_order(rng, CallChanged(ADA, ANNA), CONFIG)) for _ in range(300)]
    asking = [type(draw_call_order(rng, CallChanged(ADA, ANNA, consult=consult), CONFIG)) for _ in range(300)]
    assert {CallConsulted, CallTransferred} <= set(plain)
    assert asking.count(ConsultConferred) + asking.count(ConsultCompleted) > 100
