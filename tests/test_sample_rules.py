"""What the rules that the project ships do with the demo's callers: they keep every caller, at any hour of any day."""

from itertools import islice
from pathlib import Path
from random import Random

from callcenter.admin.load import Made
from callcenter.admin.model import attribute_value
from callcenter.crm.sample import SampleCustomer, sample_customers
from callcenter.rulebook.trial import Clock, Draft, Rules, Trial, fields_of
from callcenter.types import Configuration, Customer
from lab.demo_calls import CUSTOMERS, LINES, PATIENT_S, visitors
from lab.simulated import Visitor
from tests.rules_samples import made

ROOT = Path(__file__).parents[1]
HOUR_MS, YEAR_MS = 3_600_000, 365 * 86_400_000
CHRISTMAS_WEEK = "2026-12-21T00:00"  # with a Christmas Eve of a few hours, two holidays and a Sunday


def shipped() -> Made:
    return made(ROOT / "config" / "callcenter.yaml")


def record(configuration: Configuration, one: SampleCustomer) -> Customer:
    """A customer of the sample as the directory finds it."""
    kinds = {attribute.name: attribute.kind for attribute in configuration.attributes}
    values = {name: attribute_value(kinds[name], text) for name, text in one.attributes if name in kinds}
    known = {name: value for name, value in values.items() if value is not None}
    return Customer(int(one.account), one.account, one.name, one.tier, language=one.language, attributes=known)


def trial(configuration: Configuration, visitor: Visitor, at_ms: int) -> Trial:
    """The call that this visitor makes at this moment."""
    sample = sample_customers(CUSTOMERS)
    found = [one for one in sample if one.account == visitor.account] or [
        one for one in sample if visitor.number in one.numbers
    ]
    draft = Draft(configuration, fields_of(configuration))
    asked = {"dialled": visitor.dialled, "caller": visitor.number, "caller_name": visitor.name}
    for name, text in {**asked, "intent": visitor.intent, "language": visitor.language}.items():
        draft.give(f"contact.{name}", text)
    return draft.trial(at_ms, [record(configuration, one) for one in found])


def test_no_caller_of_the_demo_is_sent_away_whatever_the_hour() -> None:
    sample = shipped()
    clock = Clock(sample.routing)
    first_ms = clock.moment(CHRISTMAS_WEEK)
    moments = [first_ms + hour * HOUR_MS for hour in range(7 * 24)]
    configuration = clock.around(sample.configuration, moments)
    rules = Rules(configuration)
    own = {queue.name: queue.overflow for queue in configuration.queues}
    used = set()
    drawn = visitors(Random(3))
    for moment in moments:
        for visitor in islice(drawn, 12):
            route = rules.ask(trial(configuration, visitor, moment)).route
            assert route.queue in own, route
            used.add(route.rule)
            overflow = route.overflow or own[route.queue]
            if overflow is not None:
                assert overflow.to is not None or overflow.after_ms > PATIENT_S * 1_000, route
    asked = {rule.name for rule in configuration.rules if not rule.entry or set(rule.entry) & set(LINES)}
    assert used == (asked - {"nuisance call"}) | {"(no rule)"}  # the demo shows every rule that its callers may meet


def test_the_tiers_of_the_sample_customers_stay_as_they_are() -> None:
    sample = shipped()
    clock = Clock(sample.routing)
    for year in range(3):
        now_ms = clock.moment("2026-11-22T10:00") + year * YEAR_MS
        rules = Rules(clock.around(sample.configuration, [now_ms]))
        for one in sample_customers(CUSTOMERS):
            answer = rules.ask(Trial(now_ms, {}, (record(sample.configuration, one),), None))
            assert (answer.tier, answer.tier_rule) == (one.tier, None), one
