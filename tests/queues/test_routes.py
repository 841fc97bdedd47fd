"""Where contacts wait: relaxation in timed steps, and queues that take nobody."""

from dataclasses import replace

from callcenter.commands import (
    ContactRouted,
    EventIgnored,
    RecordContact,
    RecordDecision,
    RecordSegment,
    RingDevice,
    ScreenPop,
    SendAway,
    StopRinging,
)
from callcenter.events import ConfigurationLoaded, ContactMoved, QueueStateSet, TimePassed
from callcenter.types import (
    AWAY,
    AgentConfig,
    Configuration,
    ContactId,
    DecisionKind,
    DeviceStatus,
    LegEnd,
    Needs,
    OfferState,
    Outcome,
    Overflow,
    QueueName,
    QueueState,
    Relaxation,
    RuleConfig,
    SkillName,
    Tier,
    TierRule,
)
from tests.playbook import (
    LOOKUP_MS,
    Playbook,
    Want,
    agent,
    arrived,
    closed,
    configuration,
    customer,
    found,
    leg_ended,
    no,
    phone,
    pop,
    queue,
    recorded,
    ring,
    ringing,
    rule,
    segment,
    skills,
    want,
)

GENERAL, SALES, VIP = QueueName("general"), QueueName("sales"), QueueName("vip")
STEPS = (
    Relaxation(30_000, lower=skills(billing=3)),
    Relaxation(60_000, drop=(SkillName("billing"),)),
    Relaxation(90_000, add_queues=(SALES,)),
)


def decided(contact: str, kind: DecisionKind, **fields: object) -> Want:
    return want(RecordDecision, contact=contact, kind=kind, **fields)


def relaxing(**needs: int) -> RuleConfig:
    return replace(rule("billing", needs=skills(**needs)), relaxations=STEPS)


def test_each_step_widens_who_may_take_the_contact_and_is_recorded() -> None:
    config = configuration(
        agent("ada", billing=1),
        agent("bob", billing=3),
        agent("cleo", "sales"),
        queues=(queue("general"), queue("sales")),
        rules=(relaxing(billing=7),),
    )
    story = Playbook.open(config)
    words = "billing: the rule asks nothing; queue general, priority 0, needs billing >= 7"
    story.at(100, arrived("anna"))
    story.expect(decided("anna", DecisionKind.ROUTED, number=1, words=words), no(RingDevice))
    story.wait_until(30_099).expect_nothing_of(RingDevice, RecordDecision)
    story.wait_until(30_100).expect(
        decided("anna", DecisionKind.RELAXED, number=2, words="after 30 s: billing >= 3 is enough"),
        segment("anna", 1, started_ms=story.START_MS + 100, ended_ms=story.START_MS + 30_100),
        pop("anna.1", agent="bob", relaxed=("after 30 s: billing >= 3 is enough",)),
        ring("anna.1", device="bob"),
    )
    story.at(31_000, ringing("anna.1")).at(31_500, leg_ended("anna.1", LegEnd.BUSY), phone("bob", DeviceStatus.IN_USE))
    story.wait_until(60_100).expect(decided("anna", DecisionKind.RELAXED, number=3), ring("anna.2", device="ada"))
    story.at(60_500, phone("bob", DeviceStatus.FREE), leg_ended("anna.2", LegEnd.BUSY)).expect(
        ring("anna.3", device="bob")
    )
    story.at(61_000, leg_ended("anna.3", LegEnd.BUSY), phone("ada", DeviceStatus.IN_USE))
    story.at(61_000, phone("bob", DeviceStatus.IN_USE))
    story.wait_until(90_100).expect(
        decided("anna", DecisionKind.RELAXED, number=4, words="after 90 s: queue sales may answer too"),
        ring("anna.4", device="cleo"),
    )
    assert story.contact("anna").needs == Needs((GENERAL, SALES))


def test_the_agent_of_an_added_queue_comes_in_when_nobody_else_can() -> None:
    config = configuration(
        agent("ada"), agent("cleo", "sales"), queues=(queue("general"), queue("sales")), rules=(relaxing(billing=7),)
    )
    story = Playbook.open(config).at(100, arrived("anna"))
    story.wait_until(60_100).expect(ring("anna.1", device="ada"))
    story.at(60_200, leg_ended("anna.1", LegEnd.UNREACHABLE))
    story.wait_until(90_100).expect(ring("anna.2", device="ada"), ring("anna.3", device="cleo"))


def test_a_step_while_the_phone_rings_reaches_the_screen_and_leaves_the_offer_alone() -> None:
    config = configuration(agent("ada", billing=7), rules=(relaxing(billing=7),))
    story = Playbook.open(config).at(29_000, arrived("anna")).at(29_100, ringing("anna.1"))
    story.at(40_000, leg_ended("anna.1", LegEnd.BUSY)).wait_until(50_000)
    story.at(50_100, ringing("anna.2"))
    story.wait_until(59_000).expect(
        decided("anna", DecisionKind.RELAXED), want(ScreenPop, offer="anna.2"), no(RingDevice), no(RecordSegment)
    )


def test_steps_that_are_due_when_a_late_record_comes_are_taken_at_once() -> None:
    late = replace(relaxing(billing=7), tier=rule("x", tier="gold").tier)
    story = Playbook.open(configuration(agent("ada", "sales", billing=9), rules=(late, rule("all")),
                                        queues=(queue("general"), queue("sales"))))  # fmt: skip
    story.at(100, arrived("anna", caller="+1")).wait_until(70_000)
    story.at(70_100, found("anna", customer(1, "gold"))).expect(
        decided("anna", DecisionKind.ROUTED),
        decided("anna", DecisionKind.RELAXED),
        decided("anna", DecisionKind.RELAXED),
    )
    assert story.contact("anna").steps == 2


# ---- queues that take nobody


def close(name: str, to: QueueState = QueueState.CLOSED) -> QueueStateSet:
    return QueueStateSet(QueueName(name), to, "sue")


def floor() -> Playbook:
    """vip leads to sales and sales to general when they take nobody; general leads nowhere."""
    queues = (queue("general"), replace(queue("vip"), closed_to=SALES), replace(queue("sales"), closed_to=GENERAL))
    rules = (
        rule("vip", to="vip", dialled="1", needs=skills(tact=9)),
        rule("sales", to="sales", dialled="2", needs=skills(tact=9)),
        rule("all"),
    )
    return Playbook.open(configuration(agent("ada", "general"), agent("bob", "vip"), queues=queues, rules=rules))


def test_who_comes_to_a_closed_queue_goes_on_until_one_is_open_and_needs_nothing_there() -> None:
    story = floor().at(50, close("vip"), close("sales", QueueState.DRAINED))
    story.at(100, arrived("anna", dialled="1")).expect(
        decided("anna", DecisionKind.ROUTED, queue="general"),
        want(ContactRouted, contact="anna", queue="general", rule="vip"),
        ring("anna.1", device="ada"),
    )
    assert story.contact("anna").needs is not None


def test_who_finds_no_open_queue_is_told_so_and_sent_away() -> None:
    story = floor().at(50, close("vip"), close("sales"), close("general"))
    story.at(100, arrived("anna", dialled="1")).expect(
        decided("anna", DecisionKind.TURNED_AWAY, queue="vip", words="queue vip is closed, and there is no other"),
        want(SendAway, contact="anna", outcome=Outcome.CLOSED),
        recorded("anna", Outcome.CLOSED, queue="vip", rule="vip", waited_ms=0),
        no(RingDevice),
    )
    assert story.is_gone("anna")


def test_a_circle_of_closed_queues_ends() -> None:
    queues = (replace(queue("general"), closed_to=SALES), replace(queue("sales"), closed_to=GENERAL))
    story = Playbook.open(configuration(agent("ada"), queues=queues)).at(50, close("general"), close("sales"))
    story.at(100, arrived("anna")).expect(recorded("anna", Outcome.CLOSED))


def test_a_drained_queue_serves_who_waits_and_takes_nobody_new() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(50, arrived("busy"), arrived("anna"))
    story.at(60, close("general", QueueState.DRAINED)).expect_nothing_of(RecordDecision, SendAway)
    story.at(70, arrived("ben")).expect(recorded("ben", Outcome.CLOSED))
    story.at(80, leg_ended("busy.1", LegEnd.CALLER_GONE)).expect(ring("anna.1", device="ada"))
    story.at(90, ringing("anna.1"), leg_ended("anna.1", LegEnd.BUSY)).expect_nothing_of(SendAway)
    story.wait_until(20_000).expect(ring("anna.2", device="ada"))


def test_who_waits_in_a_queue_that_closes_goes_where_its_rule_may_send_it_and_a_ringing_phone_rings_on() -> None:
    story = floor().at(50, arrived("anna", dialled="2")).at(60, arrived("ben")).at(70, arrived("dan"))
    story.at(100, close("sales")).expect(decided("anna", DecisionKind.ROUTED, queue="general"), no(SendAway))
    story.at(110, close("general")).expect(
        decided(
            "anna", DecisionKind.TURNED_AWAY, queue="general", words="queue sales is closed, and there is no other"
        ),
        recorded("anna", Outcome.CLOSED),
        decided("dan", DecisionKind.TURNED_AWAY, queue="general"),
        recorded("dan", Outcome.CLOSED),
        no(RingDevice),
    )
    story.at(200, leg_ended("ben.1", LegEnd.BUSY)).expect(
        closed("ben.1", OfferState.DECLINED), want(SendAway, contact="ben"), recorded("ben", Outcome.CLOSED)
    )


def test_what_a_queue_is_outlives_a_new_configuration_and_goes_with_the_queue() -> None:
    story = Playbook.open(configuration(agent("ada"), queues=(queue("general"), queue("sales"))))
    story.at(50, close("sales"), close("general", QueueState.DRAINED))
    story.at(60, ConfigurationLoaded(configuration(agent("ada"))))
    assert story.engine.snapshot().queue_states == {"general": QueueState.DRAINED}


def test_who_rings_while_new_rules_lead_nowhere_is_routed_again_when_the_phone_stops() -> None:
    """The queue where it waits is no more, and the one that is left takes nobody new."""
    rules = (rule("all", to="sales"),)
    story = Playbook.open(configuration(agent("ada", "sales"), queues=(queue("general"), queue("sales")), rules=rules))
    story.at(100, arrived("anna")).at(110, close("general", QueueState.DRAINED))
    story.at(200, ConfigurationLoaded(configuration(agent("ada", "general")))).expect(no(SendAway), no(RecordDecision))
    story.at(300, leg_ended("anna.1", LegEnd.BUSY)).expect(
        decided("anna", DecisionKind.TURNED_AWAY, queue="sales"), recorded("anna", Outcome.CLOSED)
    )


# ---- rules that send away


def leading_away(*agents: AgentConfig, tier: str | None = None, **changes: object) -> Configuration:
    """Those of a tier, else all, are sent away by a rule; the others wait in general."""
    gone = replace(rule("shut", tier=tier), queue=AWAY, away="holiday", tags=("late",), **changes)  # type: ignore[arg-type]
    return configuration(*agents, queues=(queue("general"), queue("sales")), rules=(gone, rule("rest", priority=4)))


def test_a_rule_sends_away_at_once_though_an_agent_is_free() -> None:
    words = "shut: the rule asks nothing; away, with the message holiday"
    story = Playbook.open(leading_away(agent("ada"))).at(100, arrived("anna"))
    story.expect(
        decided("anna", DecisionKind.TURNED_AWAY, queue=None, priority=None, words=words),
        want(SendAway, contact="anna", outcome=Outcome.CLOSED, message="holiday"),
        segment("anna", 1, queue=None),
        recorded("anna", Outcome.CLOSED, queue=None, priority=None, rule="shut", because="the rule asks nothing"),
        no(RingDevice),
        no(ContactRouted),
    )
    story.expect(recorded("anna", Outcome.CLOSED, tags=("late",), waited_ms=0, offers=0, service_level_ms=None))
    assert story.is_gone("anna")
    assert story.engine.next_due_ms() is None


def test_a_record_that_comes_too_late_does_not_bring_the_caller_back() -> None:
    story = Playbook.open(leading_away(tier="standard")).at(100, arrived("anna", caller="+1"))
    story.wait_until(100 + LOOKUP_MS).expect(recorded("anna", Outcome.CLOSED, queue=None))
    story.at(400, found("anna", customer(1, "gold"))).expect(want(EventIgnored), no(RecordDecision))


def test_who_waits_is_sent_away_when_the_record_or_new_rules_say_so_and_the_log_says_where_it_waited() -> None:
    story = Playbook.open(leading_away(tier="gold", when="queue.general.open")).at(100, arrived("anna", caller="+1"))
    story.wait_until(400).at(500, found("anna", customer(1, "gold"))).expect(
        decided("anna", DecisionKind.TURNED_AWAY, queue="general", priority=4),
        want(SendAway, contact="anna", message="holiday"),
        recorded("anna", Outcome.CLOSED, queue="general", priority=4, rule="shut", tags=("late",), waited_ms=400),
    )
    widened = replace(relaxing(billing=9), overflow=Overflow(80_000))
    story = Playbook.open(configuration(rules=(widened,))).at(100, arrived("anna"))
    story.at(200, ConfigurationLoaded(leading_away())).expect(no(RecordDecision))
    story.at(300, ConfigurationLoaded(leading_away(), reroute=True)).expect(recorded("anna", Outcome.CLOSED))
    assert story.engine.next_due_ms() is None  # neither a step nor the overflow


def test_a_phone_rings_on_and_if_nobody_answers_the_caller_is_sent_away() -> None:
    story = Playbook.open(leading_away(agent("ada"), tier="gold")).at(100, arrived("anna", caller="+1"))
    story.wait_until(400).at(500, found("anna", customer(1, "gold"))).expect(no(SendAway), no(StopRinging))
    story.at(600, leg_ended("anna.1", LegEnd.BUSY)).expect(want(SendAway, message="holiday"), no(RingDevice))


def test_who_was_moved_or_has_overflowed_is_left_where_it_is() -> None:
    for overflow in (None, Overflow(1_000, SALES)):
        config = leading_away(tier="gold")
        queues = (replace(config.queues[0], overflow=overflow), config.queues[1])
        story = Playbook.open(replace(config, queues=queues)).at(100, arrived("anna", caller="+1")).wait_until(2_000)
        if overflow is None:
            story.at(2_100, ContactMoved(ContactId("anna"), SALES, "sue"))
        story.at(2_200, found("anna", customer(1, "gold"))).expect(no(SendAway), no(RecordContact))
        assert story.contact("anna").queue == "sales"


# ---- overflow


def flowing(overflow: Overflow | None, *agents: AgentConfig, **of_queues: Overflow) -> Configuration:
    """A rule that sends everybody to sales and asks for tact, and three queues, some with an overflow of their own."""
    queues = tuple(replace(queue(name), overflow=of_queues.get(name)) for name in ("general", "sales", "vip"))
    rules = (replace(rule("all", to="sales", needs=skills(tact=9), priority=5), overflow=overflow),)
    return configuration(*agents, queues=queues, rules=rules)


def test_who_has_waited_long_enough_goes_on_to_the_other_queue_with_age_and_priority() -> None:
    story = Playbook.open(flowing(Overflow(30_000, GENERAL), agent("ada"))).at(100, arrived("anna"))
    story.wait_until(30_099).expect_nothing_of(RecordDecision)
    story.wait_until(30_100).expect(
        decided("anna", DecisionKind.OVERFLOWED, queue="general", priority=5, words="after 30 s: to queue general"),
        ring("anna.1", device="ada"),
    )
    assert story.contact("anna").arrived_ms == story.START_MS + 100


def test_the_queues_own_overflow_counts_where_the_rule_says_nothing_and_goes_on_from_queue_to_queue() -> None:
    story = Playbook.open(flowing(None, sales=Overflow(20_000, GENERAL), general=Overflow(50_000, VIP)))
    story.at(100, arrived("anna"))
    story.wait_until(20_100).expect(decided("anna", DecisionKind.OVERFLOWED, queue="general"))
    story.wait_until(50_100).expect(decided("anna", DecisionKind.OVERFLOWED, queue="vip"))
    assert story.engine.next_due_ms() is None


def test_a_circle_of_overflows_ends_where_it_began() -> None:
    story = Playbook.open(flowing(None, sales=Overflow(20_000, GENERAL), general=Overflow(20_000, SALES)))
    story.at(100, arrived("anna")).wait_until(200_000)
    route = story.contact("anna").route
    assert route is not None
    assert route.queue in ("general", "sales")
    assert story.engine.next_due_ms() is None


def test_where_time_is_late_steps_and_overflow_come_in_the_order_of_their_times() -> None:
    config = flowing(Overflow(40_000, GENERAL))
    story = Playbook.open(replace(config, rules=(replace(config.rules[0], relaxations=STEPS[1:]),)))
    story.at(100, arrived("anna")).at(95_000, TimePassed()).expect(decided("anna", DecisionKind.OVERFLOWED, number=2))
    early, late = Relaxation(30_000, lower=skills(tact=8)), Relaxation(50_000, lower=skills(tact=1))
    story = Playbook.open(replace(config, rules=(replace(config.rules[0], relaxations=(early, late)),)))
    story.at(100, arrived("anna")).at(95_000, TimePassed()).expect(
        decided("anna", DecisionKind.RELAXED, number=2), decided("anna", DecisionKind.OVERFLOWED, number=3)
    )


def test_overflow_to_nowhere_ends_the_call_with_a_message() -> None:
    story = Playbook.open(flowing(Overflow(30_000))).at(100, arrived("anna"))
    story.wait_until(30_100).expect(
        decided("anna", DecisionKind.OVERFLOWED, queue="sales"),
        want(SendAway, contact="anna", outcome=Outcome.OVERFLOWED),
        recorded("anna", Outcome.OVERFLOWED, queue="sales", waited_ms=30_000),
    )


def test_while_a_phone_rings_it_stays_and_goes_on_when_that_comes_to_nothing() -> None:
    config = flowing(Overflow(30_000, GENERAL), agent("bob", "sales", tact=9), agent("ada"))
    story = Playbook.open(config)
    story.at(41_000, arrived("ben")).at(55_000, ringing("ben.1"), leg_ended("ben.1", LegEnd.BUSY))
    story.wait_until(70_900).at(70_950, ringing("ben.2"))
    story.wait_until(72_000).expect_nothing_of(RecordDecision)
    story.at(72_100, leg_ended("ben.2", LegEnd.BUSY)).expect_nothing_of(RecordDecision)
    story.wait_until(73_000).expect(decided("ben", DecisionKind.OVERFLOWED), ring("ben.3", device="ada"))


def test_overflow_to_a_closed_queue_follows_its_closed_to_or_stays() -> None:
    story = Playbook.open(flowing(Overflow(30_000, VIP))).at(50, close("vip")).at(100, arrived("anna"))
    story.wait_until(30_100).expect_nothing_of(RecordDecision, SendAway)
    queues = (queue("general"), queue("sales"), replace(queue("vip"), closed_to=GENERAL))
    rules = (replace(rule("all", to="sales"), overflow=Overflow(30_000, VIP)),)
    story = Playbook.open(configuration(queues=queues, rules=rules)).at(50, close("vip")).at(100, arrived("anna"))
    story.wait_until(30_100).expect(decided("anna", DecisionKind.OVERFLOWED, queue="general"))


def test_a_supervisors_move_is_not_undone_by_overflow_nor_an_overflow_by_a_late_record() -> None:
    story = Playbook.open(flowing(Overflow(30_000, GENERAL))).at(100, arrived("anna"))
    story.at(200, ContactMoved(ContactId("anna"), VIP, "sue")).wait_until(60_000).expect_nothing_of(RecordDecision)
    story = Playbook.open(flowing(Overflow(30_000, GENERAL))).at(100, arrived("anna", caller="+1")).wait_until(40_000)
    story.at(41_000, found("anna", customer(1, "gold")))
    route = story.contact("anna").route
    assert route is not None
    assert (route.queue, route.skills) == ("general", ())


def test_a_rule_may_ask_how_busy_a_queue_is_and_rules_for_the_tier_come_first() -> None:
    busy = replace(rule("busy", to="general"), when="queue.sales.waiting >= 1 and customer.tier == 'silver'")
    config = configuration(queues=(queue("general"), queue("sales")), rules=(busy, rule("sales", to="sales")))
    config = replace(config, tier_rules=(TierRule("contact.dialled == '100'", Tier("silver")),))
    story = Playbook(config).at(100, arrived("anna")).expect(want(ContactRouted, queue="sales", tier="silver"))
    story.at(200, arrived("ben")).expect(want(ContactRouted, queue="general", rule="busy", tier="silver"))
    story.at(300, arrived("cleo", dialled="200")).expect(want(ContactRouted, queue="sales", tier="standard"))
