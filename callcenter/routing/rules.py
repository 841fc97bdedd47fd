"""Which queue, priority and skills a contact gets: the first rule whose conditions all hold, else the default queue."""

from callcenter.routing.language.facts import Facts
from callcenter.routing.language.program import Program
from callcenter.types import AgentId, Configuration, Customer, Preference, Route, RuleConfig, Tier

NO_RULE = "(no rule)"
DEFAULT_PRIORITY = 0


def decide(
    configuration: Configuration,
    program: Program,
    facts: Facts,
    account_manager: AgentId | None = None,
    last_agent: AgentId | None = None,
) -> Route:
    """The route of a contact. Rules are tried in the order in which they are written.

    `program` is the configuration's; the facts have the tier that `Program.tier` says, where it says one.
    """
    index = program.first(facts)
    if index is None:
        asked = facts.ask("contact.dialled", "") or "(nothing)"
        because = f"no rule is for dialled {asked} and tier {facts.ask('customer.tier', '')}"
        return Route(configuration.default_queue, DEFAULT_PRIORITY, (), NO_RULE, because, matched=False)
    rule = configuration.rules[index]
    return Route(
        queue=rule.queue,
        priority=rule.priority,
        skills=rule.skills,
        rule=rule.name,
        because=program.because(index, facts),
        any_of=rule.any_of,
        preferred=rule.preferred,
        relaxations=rule.relaxations,
        prefer=_preferred_agents(rule, account_manager, last_agent),
        prefer_for_ms=rule.prefer_for_ms,
        tags=rule.tags,
        text=rule.text,
        overflow=rule.overflow,
        away=rule.away,
    )


def highest_tier(configuration: Configuration, customers: tuple[Customer, ...]) -> Tier:
    """Of several customers on one number the highest tier counts; a tier that is not configured counts for nothing."""
    held = {customer.tier for customer in customers}
    return next((tier for tier in configuration.tiers if tier in held), configuration.default_tier)


def _preferred_agents(
    rule: RuleConfig, account_manager: AgentId | None, last_agent: AgentId | None
) -> tuple[AgentId, ...]:
    """The agents whom the rule prefers, as far as they are known, each once."""
    if not rule.prefer:
        return ()
    known = {Preference.ACCOUNT_MANAGER: account_manager, Preference.LAST_AGENT: last_agent}
    agents = [known[preference] for preference in rule.prefer]
    return tuple(dict.fromkeys(agent for agent in agents if agent is not None))
