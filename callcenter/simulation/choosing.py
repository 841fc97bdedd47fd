"""Which route and which tier the rules of now give a caller: the auditor's own reading of rules and records."""

from callcenter.simulation.account import Caller
from callcenter.simulation.asking import Account, holds
from callcenter.types import AgentId, Configuration, Preference, Route, RuleConfig, Tier

NO_RULE = "(no rule)"
NO_WORDS = ""  # why a rule applies is told in words, and two routes that differ in them only are the same


def choose(account: Account, caller: Caller) -> Route:
    """The route of the first rule that applies; the caller has the tier of now, too."""
    config = account.rules_of_now
    caller.tier = _tier(account, caller)
    for rule in config.rules:
        if _applies(account, rule, caller):
            return _route_of(rule, caller)
    return Route(config.default_queue, 0, (), NO_RULE, NO_WORDS, matched=False)


def _tier(account: Account, caller: Caller) -> Tier:
    """That of the first tier rule that holds; without one, the highest of the records' tiers."""
    config = account.rules_of_now
    of_record = tier_of_record(config, caller)
    return next((rule.tier for rule in config.tier_rules if holds(account, caller, of_record, rule.when)), of_record)


def tier_of_record(config: Configuration, caller: Caller) -> Tier:
    for name in config.tiers:
        if any(customer.tier == name for customer in caller.customers or ()):
            return name
    return config.default_tier


def _route_of(rule: RuleConfig, caller: Caller) -> Route:
    customers = caller.customers or ()
    prefer: list[AgentId] = []
    for preference in rule.prefer:
        if preference is Preference.LAST_AGENT:
            named = caller.last_agent
        else:
            named = customers[0].account_manager if len(customers) == 1 else None
        if named is not None and named not in prefer:
            prefer.append(named)
    return Route(
        queue=rule.queue,
        priority=rule.priority,
        skills=rule.skills,
        rule=rule.name,
        because=NO_WORDS,
        any_of=rule.any_of,
        preferred=rule.preferred,
        relaxations=rule.relaxations,
        prefer=tuple(prefer),
        prefer_for_ms=rule.prefer_for_ms,
        tags=rule.tags,
        text=rule.text,
        overflow=rule.overflow,
        away=rule.away,
    )


def _applies(account: Account, rule: RuleConfig, caller: Caller) -> bool:
    arrival = caller.arrival
    assert caller.tier is not None
    facts: tuple[tuple[tuple[str, ...], str], ...] = (
        (rule.tier, caller.tier),
        (rule.dialled, arrival.dialled),
        (rule.entry, arrival.dialled),
        (rule.intent, arrival.intent or ""),
        (rule.language, _language(caller)),
    )
    if any(wanted and value not in wanted for wanted, value in facts):
        return False
    return holds(account, caller, caller.tier, rule.when)


def _language(caller: Caller) -> str:
    """The one that the IVR gave, else that of the only record."""
    customers = caller.customers or ()
    return caller.arrival.language or (customers[0].language if len(customers) == 1 else None) or ""
