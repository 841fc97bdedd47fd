from callcenter.stories import Logged, LoggedDecision, LoggedSegment, Story

CONTACT = Logged(
    "c", 1, 2, 3, 1, None, None, "", "", None, None, None, None, "gold", "vip", None, None, None,
    "bob", None, None, None, 1, None,
)  # fmt: skip


def segment(number: int, queue: str | None, agent: str | None) -> LoggedSegment:
    return LoggedSegment(number, "talk", 1, 2, queue, agent, None, None)


def test_whose_a_contact_was_is_everybody_who_had_it_and_where_it_was_every_queue_once() -> None:
    story = Story(
        CONTACT,
        None,
        (segment(1, "sales", None), segment(2, "sales", "ann"), segment(3, "vip", "bob")),
        (
            LoggedDecision(1, "routed", 1, "support", 1, "", None),
            LoggedDecision(2, "turned_away", 1, None, 1, "", None),
        ),
    )
    assert story.agents == ("bob", "ann")
    assert story.queues == ("vip", "sales", "support")
