"""Which queue, priority and skills a contact gets: the first rule whose conditions all hold, else the default queue."""

from dataclasses import dataclass

from callcenter.types import AgentId, Configuration, Preference, Route, RuleConfig, Tier

NO_RULE = "(no rule)"
DEFAULT_PRIORITY = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may ask about a contact, and whom it may prefer. Absent facts are empty and match no condition."""

    tier: Tier
    dialled: str
    intent: str
    language: str
    account_manager: AgentId | None = None
    last_agent: AgentId | None = None


def decide(configuration: Configuration, facts: Facts) -> Route:
    """The route of a contact. Rules are tried in the order in which they are written."""
    for rule in configuration.rules:
        matched = _matched(rule, facts)
        if matched is not None:
            because = " and ".join(f"{name} is {value}" for name, value in matched) or "the rule asks nothing"
            return Route(
                queue=rule.queue,
                priority=rule.priority,
                skills=rule.skills,
                rule=rule.name,
                because=because,
                any_of=rule.any_of,
                preferred=rule.preferred,
                relaxations=rule.relaxations,
                prefer=_preferred_agents(rule, facts),
                prefer_for_ms=rule.prefer_for_ms,
            )
    because = f"no rule is for dialled {facts.dialled or '(nothing)'} and tier {facts.tier}"
    return Route(configuration.default_queue, DEFAULT_PRIORITY, (), NO_RULE, because, matched=False)


def _matched(rule: RuleConfig, facts: Facts) -> list[tuple[str, str]] | None:
    """The facts that the rule asked about, None where one of them is not as asked."""
    asked: tuple[tuple[str, tuple[str, ...], str], ...] = (
        ("tier", rule.tier, facts.tier),
        ("dialled", rule.dialled, facts.dialled),
        ("intent", rule.intent, facts.intent),
        ("language", rule.language, facts.language),
    )
    matched = []
    for name, wanted, value in asked:
        if not wanted:
            continue
        if value not in wanted:
            return None
        matched.append((name, value))
    return matched


def _preferred_agents(rule: RuleConfig, facts: Facts) -> tuple[AgentId, ...]:
    """The agents whom the rule prefers, as far as they are known, each once."""
    if not rule.prefer:
        return ()
    known = {Preference.ACCOUNT_MANAGER: facts.account_manager, Preference.LAST_AGENT: facts.last_agent}
    agents = [known[preference] for preference in rule.prefer]
    return tuple(dict.fromkeys(agent for agent in agents if agent is not None))
