"""A new configuration in the middle of everything: nobody is thrown out, nobody loses a place."""

import dataclasses

from callcenter.commands import AgentChanged, ContactRouted, OfferClosed, RecordContact, RingDevice
from callcenter.events import AgentReady, AgentSignedIn, ConfigurationLoaded, PbxLost, WrapUpEnded
from callcenter.types import (
    AgentId,
    AgentState,
    Configuration,
    ContactId,
    DeviceStatus,
    LegEnd,
    OfferState,
    Outcome,
    Tier,
)
from tests.playbook import (
    BACKOFF_MS,
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    becomes,
    closed,
    configuration,
    customer,
    device,
    found,
    left,
    leg_ended,
    phone,
    queue,
    recorded,
    ring,
    ringing,
    rule,
    skills,
    stop,
    talking,
    want,
)

ADA, BOB = agent("ada"), agent("bob")


def _load(config: Configuration, reroute: bool = False) -> ConfigurationLoaded:
    return ConfigurationLoaded(config, reroute)


def test_who_waits_keeps_the_route_and_who_comes_gets_the_new_rules() -> None:
    queues = (queue("general"), queue("vip"))
    story = Playbook(configuration(queues=queues)).at(100, arrived("anna", dialled="200"))
    rules = (rule("vip", to="vip", dialled="200", priority=5), rule("everybody"))
    story.at(5_000, _load(configuration(queues=queues, rules=rules))).expect_nothing_of(ContactRouted)
    story.at(6_000, arrived("ben", dialled="200")).expect(want(ContactRouted, contact="ben", queue="vip"))
    assert [view.waiting for view in story.engine.overview(story.START_MS).queues] == [1, 1]


def test_waiting_contacts_are_routed_again_if_it_is_asked_for_and_keep_their_age() -> None:
    queues = (queue("general"), queue("vip"))
    story = Playbook(configuration(queues=queues)).at(100, arrived("anna"), arrived("ben", dialled="200"))
    rules = (rule("vip", to="vip", dialled="200", priority=5), rule("everybody"))
    story.at(5_000, _load(configuration(queues=queues, rules=rules), reroute=True)).expect(
        want(ContactRouted, contact="ben", queue="vip", again=True)
    )
    assert story.contact("ben").arrived_ms == story.START_MS + 100


def test_a_contact_of_a_queue_that_is_gone_goes_where_the_new_rules_want_it() -> None:
    old = configuration(queues=(queue("old"),), rules=())
    new = configuration(agent("ada", "new"), queues=(queue("new"),), rules=())
    story = Playbook(old).at(100, arrived("anna")).at(200, _load(new)).expect(want(ContactRouted, queue="new"))
    story.at(300, AgentSignedIn(AgentId("ada")), AgentReady(AgentId("ada")))
    assert story.engine.overview(story.START_MS + 300).queues[0].waiting == 1


def test_an_offer_stands_while_its_contact_is_routed_elsewhere() -> None:
    queues = (queue("general"), queue("vip"))
    story = Playbook.open(configuration(ADA, queues=queues)).at(100, arrived("anna"))
    rules = (rule("all", to="vip"),)
    changed = _load(configuration(ADA, queues=queues, rules=rules), reroute=True)
    story.at(200, changed).expect_nothing_of(OfferClosed, RingDevice)
    story.at(300, leg_ended("anna.1", LegEnd.BUSY)).wait_until(20_000).expect_nothing_of(RingDevice)
    assert story.contact("anna").route is not None
    assert story.engine.overview(story.START_MS).queues[1].waiting == 1


def test_a_conversation_on_a_queue_that_is_gone_ends_without_wrap_up() -> None:
    story = talking(configuration(ADA)).at(2_000, _load(configuration(ADA, queues=(queue("new"),), rules=())))
    story.at(3_000, left("anna")).expect(recorded("anna", Outcome.ANSWERED, queue="general", service_level_ms=None))
    story.agent_is("ada", AgentState.READY)


def test_a_new_agent_is_logged_out_and_may_sign_in() -> None:
    story = Playbook.open(configuration(ADA)).at(100, _load(configuration(ADA, BOB)))
    story.expect(becomes("ada", AgentState.READY), becomes("bob", AgentState.LOGGED_OUT))
    story.at(200, AgentSignedIn(AgentId("bob"))).agent_is("bob", AgentState.NOT_READY, "signed_in")


def test_an_idle_agent_who_is_removed_is_gone_and_told_so() -> None:
    story = Playbook.open(configuration(ADA, BOB)).at(100, _load(configuration(BOB)))
    story.expect(becomes("ada", AgentState.LOGGED_OUT, reason=None), becomes("bob", AgentState.READY))
    assert AgentId("ada") not in story.engine.snapshot().agents
    story.at(200, arrived("anna")).expect(ring("anna.1", device="bob"))


def test_a_busy_agent_who_is_removed_finishes_the_contact_first() -> None:
    story = talking(configuration(ADA, BOB)).at(2_000, _load(configuration(BOB))).agent_is("ada", AgentState.TALKING)
    story.at(3_000, left("anna")).agent_is("ada", AgentState.WRAP_UP)
    story.at(4_000, WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold"))
    story.expect(becomes("ada", AgentState.LOGGED_OUT))
    assert AgentId("ada") not in story.engine.snapshot().agents


def test_a_removed_agent_whose_phone_rings_is_gone_when_the_offer_is_over_however_it_ends() -> None:
    for how in (LegEnd.BUSY, LegEnd.NO_ANSWER, LegEnd.UNREACHABLE):
        story = Playbook.open(configuration(ADA)).at(100, arrived("anna"), ringing("anna.1"))
        story.at(200, _load(configuration())).expect_nothing_of(OfferClosed)
        story.at(300, leg_ended("anna.1", how)).expect(becomes("ada", AgentState.LOGGED_OUT))
        assert AgentId("ada") not in story.engine.snapshot().agents
        assert story.engine.next_due_ms() is None


def test_an_agent_who_is_removed_in_a_back_off_leaves_no_timer() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna"), leg_ended("anna.1", LegEnd.BUSY))
    story.at(200, _load(configuration())).wait_until(100 + BACKOFF_MS).expect_nothing_of(RingDevice)
    assert story.engine.next_due_ms() is None


def test_a_back_off_that_ends_in_the_instant_of_the_removal() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna"), leg_ended("anna.1", LegEnd.BUSY))
    story.at(100 + BACKOFF_MS, _load(configuration())).expect_nothing_of(RingDevice)


def test_an_agent_who_is_removed_and_comes_back_while_talking_stays() -> None:
    story = talking(configuration(ADA)).at(2_000, _load(configuration()))
    story.at(3_000, _load(configuration(ADA))).at(4_000, left("anna"))
    story.at(5_000, WrapUpEnded(AgentId("ada"), ContactId("anna"), None)).agent_is("ada", AgentState.READY)


def test_an_agent_who_moves_to_another_phone_is_rung_there_and_the_old_one_still_stops() -> None:
    moved = dataclasses.replace(ADA, device=device("desk"))
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna"), phone("desk", DeviceStatus.FREE))
    story.at(200, _load(configuration(moved))).at(300, left("anna")).expect(stop("anna.1"))
    story.at(400, arrived("ben")).expect(ring("ben.1", device="desk"))


def test_an_agent_who_loses_a_skill_keeps_the_ringing_call_and_gets_no_further_one() -> None:
    rules = (rule("german", needs=skills(german=3)),)
    story = Playbook.open(configuration(agent("ada", german=3), rules=rules)).at(100, arrived("greta"))
    story.at(200, _load(configuration(ADA, rules=rules))).expect_nothing_of(OfferClosed)
    story.at(300, left("greta")).expect(closed("greta.1", OfferState.WITHDRAWN))
    story.at(400, arrived("gerda")).expect_nothing_of(RingDevice)


def test_tiers_follow_the_configuration_known_caller_or_not() -> None:
    story = Playbook(configuration()).at(100, arrived("anna"), arrived("gus", caller="+1"))
    story.at(200, found("gus", customer(1, "gold")))
    fewer = dataclasses.replace(configuration(), tiers=(Tier("silver"), Tier("basic")), default_tier=Tier("basic"))
    story.at(300, _load(fewer, reroute=True))
    assert (story.contact("anna").tier, story.contact("gus").tier) == ("basic", "basic")


def test_a_caller_who_is_still_looked_up_gets_the_default_tier_of_the_new_configuration() -> None:
    story = Playbook(configuration()).at(100, arrived("anna", caller="+1"))
    other = dataclasses.replace(configuration(), default_tier=Tier("silver"))
    story.at(150, _load(other)).wait_until(1_000).expect(want(ContactRouted, contact="anna", tier="silver"))


def test_the_same_configuration_again_changes_nothing_but_tells_the_agents() -> None:
    config = configuration(ADA, BOB)
    story = talking(config).at(1_500, arrived("ben")).at(2_000, _load(config))
    story.expect_nothing_of(RingDevice, OfferClosed, ContactRouted, RecordContact)
    story.expect(want(AgentChanged, agent="ada"), want(AgentChanged, agent="bob"))


def test_a_reload_while_the_pbx_is_away_offers_nothing() -> None:
    story = Playbook.open(configuration(ADA)).at(100, PbxLost(PBX), arrived("anna"), _load(configuration(ADA, BOB)))
    story.expect_nothing_of(RingDevice)
    story.at(200, answered("anna.1")).expect_nothing_of(RingDevice)
