"""Which queue, priority and skills a contact gets: the first rule whose conditions all hold, else the default queue."""

from dataclasses import dataclass

from callcenter.types import Configuration, Route, RuleConfig, Tier

NO_RULE = "(no rule)"
DEFAULT_PRIORITY = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may ask about a contact. Absent facts are empty and match no condition."""

    tier: Tier
    dialled: str
    intent: str
    language: str


def decide(configuration: Configuration, facts: Facts) -> Route:
    """The route of a contact. Rules are tried in the order in which they are written."""
    for rule in configuration.rules:
        matched = _matched(rule, facts)
        if matched is not None:
            because = " and ".join(f"{name} is {value}" for name, value in matched) or "the rule asks nothing"
            return Route(rule.queue, rule.priority, rule.skills, rule.name, because)
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
