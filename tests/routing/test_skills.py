"""What a contact asks for, how it is relaxed, and how well an agent meets it."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.routing.skills import (
    level_for,
    meets,
    preferred_had,
    proficiency,
    relaxed,
    words_of_needs,
    words_of_step,
)
from callcenter.types import AgentConfig, AgentId, DeviceRef, Needs, PbxName, QueueName, Relaxation, Skill, SkillName
from tests.playbook import skills

BILLING, SUPPORT, SALES = QueueName("billing"), QueueName("support"), QueueName("sales")
NEEDS = Needs(
    (BILLING,),
    skills=skills(billing=5, law=2),
    any_of=(skills(german=3, dutch=4), skills(excel=1, word=1)),
    preferred=skills(billing=8, tact=2),
)
NAMES = st.sampled_from([SkillName(name) for name in ("a", "b", "c", "d")])
SKILLS = st.lists(st.builds(Skill, NAMES, st.integers(1, 10)), max_size=4, unique_by=lambda skill: skill.name).map(
    tuple
)


def test_each_required_skill_is_needed_at_its_level_or_above() -> None:
    needs = Needs((BILLING,), skills(billing=5, german=1))
    assert meets(skills(billing=5, german=1), needs)
    assert meets(skills(billing=9, german=9, sales=1), needs)
    assert not meets(skills(billing=4, german=1), needs)
    assert not meets(skills(billing=5), needs)
    assert meets((), Needs((BILLING,)))


def test_of_each_group_one_skill_is_enough() -> None:
    assert meets(skills(billing=5, law=2, dutch=4, word=1), NEEDS)
    assert not meets(skills(billing=5, law=2, dutch=3, german=2, word=1), NEEDS)
    assert not meets(skills(billing=5, law=2, dutch=4), NEEDS)


def test_what_is_preferred_excludes_nobody_and_counts() -> None:
    have = skills(billing=5, law=2, dutch=4, word=1)
    assert preferred_had(have, NEEDS) == 0
    assert preferred_had((*have, *skills(tact=2)), NEEDS) == 1
    assert preferred_had(skills(billing=8, tact=10), NEEDS) == 2


def test_proficiency_sums_what_is_asked_for() -> None:
    assert proficiency(skills(billing=5, law=7, dutch=4, german=9, word=1, sales=10), NEEDS) == 5 + 7 + 9 + 1
    assert proficiency(skills(billing=6, law=2, dutch=10, german=2, word=3), NEEDS) == 6 + 2 + 10 + 3
    assert proficiency(skills(sales=10), Needs((SALES,))) == 0


def test_a_step_lowers_drops_and_adds() -> None:
    step = Relaxation(60_000, lower=skills(billing=2, dutch=1), drop=(SkillName("law"),), add_queues=(SUPPORT, BILLING))
    after = relaxed(NEEDS, step)
    assert after.queues == (BILLING, SUPPORT)
    assert after.skills == skills(billing=2)
    assert after.any_of == (skills(german=3, dutch=1), skills(excel=1, word=1))
    assert words_of_step(step) == (
        "after 60 s: billing >= 2 is enough, dutch >= 1 is enough, law is no longer asked for, "
        "queue support may answer too, queue billing may answer too"
    )


def test_a_group_of_which_one_skill_is_dropped_goes_as_a_whole() -> None:
    assert relaxed(NEEDS, Relaxation(1, drop=(SkillName("german"),))).any_of == (skills(excel=1, word=1),)


def test_a_level_is_never_raised() -> None:
    assert relaxed(NEEDS, Relaxation(1, lower=skills(billing=9))).skills == NEEDS.skills


@given(SKILLS, SKILLS, st.lists(SKILLS.filter(bool), max_size=2).map(tuple), SKILLS, st.lists(NAMES, max_size=2))
def test_a_step_only_ever_widens(
    have: tuple[Skill, ...],
    required: tuple[Skill, ...],
    any_of: tuple[tuple[Skill, ...], ...],
    lower: tuple[Skill, ...],
    drop: list[SkillName],
) -> None:
    needs = Needs((BILLING,), required, any_of)
    if meets(have, needs):
        assert meets(have, relaxed(needs, Relaxation(1, lower, tuple(drop))))


def test_of_several_queues_the_first_in_the_agents_own_order_counts() -> None:
    device = DeviceRef(PbxName("main"), "PJSIP/1")
    config = AgentConfig(AgentId("a"), "A", device, (), (SALES, SUPPORT), {SUPPORT: 3})
    assert level_for(config, (SALES,)) == 1
    assert level_for(config, (SUPPORT,)) == 3
    assert level_for(config, (SUPPORT, SALES)) == 1
    assert level_for(config, (BILLING,)) is None


def test_needs_are_told_in_words() -> None:
    after = relaxed(NEEDS, Relaxation(1, add_queues=(SUPPORT,)))
    assert words_of_needs(after) == (
        "billing >= 5",
        "law >= 2",
        "german >= 3 or dutch >= 4",
        "excel >= 1 or word >= 1",
        "billing >= 8 preferred",
        "tact >= 2 preferred",
        "or an agent of queue support",
    )
