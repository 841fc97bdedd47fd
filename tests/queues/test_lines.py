"""Who is which in line."""

from random import Random

from callcenter.queues.lines import Lines
from callcenter.queues.order import Place
from callcenter.types import ContactId, QueueName

SALES, BILLING, OTHER = QueueName("sales"), QueueName("billing"), QueueName("other")


def _place(number: int, at_ms: int) -> Place:
    return (at_ms, number, ContactId(f"c{number}"))


def test_the_earliest_place_is_the_first() -> None:
    lines = Lines([SALES])
    for number, at_ms in ((1, 300), (2, 100), (3, 200)):
        lines.stand(SALES, _place(number, at_ms))
    assert [lines.position(ContactId(name)) for name in ("c1", "c2", "c3")] == [3, 1, 2]


def test_whoever_goes_lets_the_others_move_up() -> None:
    lines = Lines([SALES])
    for number in range(1, 4):
        lines.stand(SALES, _place(number, number))
    lines.leave(ContactId("c1"))
    lines.leave(ContactId("c1"))
    assert [lines.position(ContactId(name)) for name in ("c1", "c2", "c3")] == [None, 1, 2]


def test_a_contact_stands_in_one_line_only_and_at_its_last_place() -> None:
    lines = Lines([SALES, BILLING])
    lines.stand(SALES, _place(1, 100))
    lines.stand(SALES, _place(2, 200))
    lines.stand(SALES, _place(2, 50))
    assert lines.position(ContactId("c2")) == 1
    lines.stand(BILLING, _place(1, 100))
    assert (lines.position(ContactId("c1")), lines.position(ContactId("c2"))) == (1, 1)


def test_a_queue_that_tells_nobody_has_no_line() -> None:
    lines = Lines([SALES])
    lines.stand(SALES, _place(1, 100))
    lines.stand(OTHER, _place(1, 100))
    lines.stand(SALES, _place(2, 200))
    assert (lines.position(ContactId("c1")), lines.position(ContactId("c2"))) == (None, 1)


def test_positions_equal_a_recount_whatever_happens() -> None:
    random, lines = Random(7), Lines([SALES, BILLING])
    stands: dict[ContactId, tuple[QueueName, Place]] = {}
    for _ in range(2_000):
        contact = random.randrange(60)
        name = ContactId(f"c{contact}")
        if random.random() < 0.3:
            lines.leave(name)
            stands.pop(name, None)
        else:
            queue, place = random.choice((SALES, BILLING)), _place(contact, random.randrange(50))
            lines.stand(queue, place)
            stands[name] = (queue, place)
        asked = ContactId(f"c{random.randrange(60)}")
        here = stands.get(asked)
        recount = None if here is None else 1 + sum(q == here[0] and p < here[1] for q, p in stands.values())
        assert lines.position(asked) == recount
