"""What a contact asks of an agent, how it is relaxed, and how well an agent meets it."""

from dataclasses import replace

from callcenter.types import AgentConfig, Needs, QueueName, Relaxation, Route, Skill, SkillName


def needs_of(route: Route) -> Needs:
    return Needs((route.queue,), route.skills, route.any_of, route.preferred)


def meets(skills: tuple[Skill, ...], needs: Needs) -> bool:
    """Whether an agent with `skills` has all that is required; what is only preferred doesn't count."""
    return all(_has(skills, need) for need in needs.skills) and all(
        any(_has(skills, need) for need in group) for group in needs.any_of
    )


def level_for(agent: AgentConfig, queues: tuple[QueueName, ...]) -> int | None:
    """The best place that one of these queues has in the agent's own order, from 1; None if it serves none of them."""
    return min((agent.levels.get(queue, 1) for queue in queues if queue in agent.queues), default=None)


def preferred_had(skills: tuple[Skill, ...], needs: Needs) -> int:
    """How many of the preferred skills are there, at their level."""
    return sum(_has(skills, want) for want in needs.preferred)


def proficiency(skills: tuple[Skill, ...], needs: Needs) -> int:
    """The sum of the levels in what is asked for: each required skill, and of each group the best that counts."""
    levels = {skill.name: skill.level for skill in skills}
    required = sum(levels.get(need.name, 0) for need in needs.skills)
    groups = (max((levels[need.name] for need in group if _has(skills, need)), default=0) for group in needs.any_of)
    return required + sum(groups)


def relaxed(needs: Needs, step: Relaxation) -> Needs:
    """The needs after a step, which only ever widen."""
    lower = {skill.name: skill.level for skill in step.lower}
    return replace(
        needs,
        queues=tuple(dict.fromkeys((*needs.queues, *step.add_queues))),
        skills=tuple(_lowered(need, lower) for need in needs.skills if need.name not in step.drop),
        any_of=tuple(
            tuple(_lowered(need, lower) for need in group)
            for group in needs.any_of
            if not any(need.name in step.drop for need in group)
        ),
    )


def words_of_needs(needs: Needs) -> tuple[str, ...]:
    """Such as `billing >= 3`, `german >= 3 or dutch >= 3`, `or an agent of queue support`."""
    required = [str_of(need) for need in needs.skills]
    groups = [" or ".join(str_of(need) for need in group) for group in needs.any_of]
    preferred = [f"{str_of(want)} preferred" for want in needs.preferred]
    return (*required, *groups, *preferred, *(f"or an agent of queue {queue}" for queue in needs.queues[1:]))


def words_of_step(step: Relaxation) -> str:
    parts = [f"{str_of(skill)} is enough" for skill in step.lower]
    parts += [f"{name} is no longer asked for" for name in step.drop]
    parts += [f"queue {queue} may answer too" for queue in step.add_queues]
    return f"after {step.after_ms / 1000:g} s: {', '.join(parts)}"


def str_of(skill: Skill) -> str:
    return f"{skill.name} >= {skill.level}"


def _has(skills: tuple[Skill, ...], need: Skill) -> bool:
    return any(have.name == need.name and have.level >= need.level for have in skills)


def _lowered(need: Skill, lower: dict[SkillName, int]) -> Skill:
    level = lower.get(need.name, need.level)
    return need if level >= need.level else Skill(need.name, level)
