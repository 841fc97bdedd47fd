"""Kinds of damage to a log, each of which an audit must find and name.

Each one picks what it hurts with a query, whose first column is what the audit has to name.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.stores.tables import Base


@dataclass(frozen=True, slots=True)
class Damage:
    """`pick` finds it, `change` does it with the columns of what was picked, `check` is what must find it."""

    what: str
    check: str
    pick: str
    change: Sequence[str]
    tables: Sequence[str]


def _of(table: str, what: str, check: str, change: str, where: str = "1 = 1", *others: str) -> Damage:
    """To one row of a table that has the contact's id and a number."""
    pick = f"SELECT contact_id AS id, number AS n FROM {table} WHERE {where} ORDER BY contact_id, number LIMIT 1"
    change = change.replace("@row", "contact_id = :id AND number = :n")
    return Damage(f"{table}: {what}", check, pick, (change,), (table, *others))


def _contact(what: str, check: str, change: str, where: str = "1 = 1", *others: str) -> Damage:
    pick = f"SELECT id FROM contact WHERE {where} ORDER BY arrived_ms, id LIMIT 1"
    return Damage(f"contact: {what}", check, pick, (change,), ("contact", *others))


def _all_but(table: str, *changed: str) -> str:
    return ", ".join(column.name for column in Base.metadata.tables[table].columns if column.name not in changed)


def _copied(table: str, key: str, value: str, where: str) -> str:
    rest = _all_but(table, key)
    return f"INSERT INTO {table} ({key}, {rest}) SELECT {value}, {rest} FROM {table} WHERE {where}"


_TALK = "kind = 'talk' AND ended_ms > started_ms"
_SET = "UPDATE contact SET {} WHERE id = :id"
_ROW = "@row"

DAMAGES: tuple[Damage, ...] = (
    _of("segment", "a row is lost", "segments", f"DELETE FROM segment WHERE {_ROW}", _TALK),
    _of("segment", "a row is there twice", "segments", _copied("segment", "number", "number + 50", _ROW), _TALK),
    _of("segment", "a talk ends later", "segments", f"UPDATE segment SET ended_ms = ended_ms + 9 WHERE {_ROW}", _TALK),
    _of("segment", "a talk begins later", "parts", f"UPDATE segment SET started_ms = started_ms + 1 WHERE {_ROW}",
        _TALK),
    _of("segment", "an offer is another's", "visits", f"UPDATE segment SET agent = 'nobody' WHERE {_ROW}",
        "kind = 'offer' AND result = 'accepted' AND offer NOT LIKE '%-c%'"),
    _of("segment", "a disposition is another", "parts", f"UPDATE segment SET result = 'else' WHERE {_ROW}",
        "kind = 'wrap_up'"),
    _of("decision", "a row is lost", "decisions", f"DELETE FROM decision WHERE {_ROW}", "number = 1"),
    _of("decision", "it was made at another time", "visits", f"UPDATE decision SET at_ms = at_ms + 1 WHERE {_ROW}",
        "kind = 'routed' AND number = 1"),
    _of("decision", "it names another queue", "visits", f"UPDATE decision SET queue = 'else' WHERE {_ROW}",
        "kind = 'routed' AND number = 1"),
    _contact("a row is lost", "no-contact", "DELETE FROM contact WHERE id = :id", "outcome = 'answered'"),
    _contact("a row is there twice", "contact-twice", _copied("contact", "id", "'~' || id", "id = :id")),
    _contact("the wait is longer", "contact-times", _SET.format("waited_ms = waited_ms + 1")),
    _contact("it ended sooner", "segments", _SET.format("ended_ms = ended_ms - 1"), "ended_ms > arrived_ms + 5000"),
    _contact("it was connected before it came", "contact-times", _SET.format("connected_ms = arrived_ms - 1"),
             "outcome = 'answered'"),
    _contact("abandoned instead of answered", "contact-outcome", _SET.format("outcome = 'abandoned'"),
             "outcome = 'answered'"),
    _contact("withdrawn instead of abandoned", "visits", _SET.format("outcome = 'withdrawn'"),
             "outcome = 'abandoned' AND queue IS NOT NULL"),
    _contact("one offer more", "contact-offers", _SET.format("offers = offers + 1")),
    _contact("another agent", "contact-agent", _SET.format("agent = 'nobody'"), "outcome = 'answered'"),
    _contact("another queue", "contact-queue", _SET.format("queue = 'else'"), "direction = 'in' AND queue IS NOT NULL"),
    _contact("another number was dialled", "visits", _SET.format("dialled = '0'"),
             "direction = 'in' AND outcome = 'answered'"),
    _contact("a disposition that nobody gave", "contact-wrap-up", _SET.format("disposition = 'else'"),
             "handled_ms IS NOT NULL"),
    _contact("another time of handling", "contact-wrap-up", _SET.format("handled_ms = handled_ms + 1"),
             "handled_ms IS NOT NULL"),
    _contact("the contact before it is not known", "contact-links", _SET.format("previous_ms = NULL"),
             "previous_ms IS NOT NULL"),
    _contact("the contact after it came at no such time", "contact-links", _SET.format("next_ms = next_ms - 1"),
             "next_ms IS NOT NULL"),
    _contact("the end of a wrap-up waits for it", "early-dispositions",
             "INSERT INTO early_disposition (contact_id, agent, handled_ms) VALUES (:id, 'ann', 1)", "1 = 1",
             "early_disposition"),
    Damage("early_disposition: its contact never comes", "no-contact", "SELECT 'gone' AS id",
           ("INSERT INTO early_disposition (contact_id, agent, handled_ms) VALUES (:id, 'ann', 1)",),
           ("early_disposition",)),
    Damage("contact_tag: a tag without a contact", "no-contact", "SELECT 'gone' AS id",
           ("INSERT INTO contact_tag (contact_id, tag) VALUES (:id, 'vip')",), ("contact_tag",)),
    Damage("note: a note without a contact", "no-contact", "SELECT 'gone' AS id",
           ("INSERT INTO note (id, contact_id, at_ms, made_by, text) VALUES ('n', :id, 1, 'ann', 'x')",), ("note",)),
    _of("visit", "a row is lost", "visits", f"DELETE FROM visit WHERE {_ROW}"),
    _of("visit", "a row is there twice", "visits", _copied("visit", "number", "number + 1", _ROW)),
    _of("visit", "the wait is longer", "visits", f"UPDATE visit SET waited_ms = waited_ms + 1 WHERE {_ROW}"),
    _of("visit", "it began sooner", "visits", f"UPDATE visit SET began_ms = began_ms - 1 WHERE {_ROW}"),
    _of("visit", "answered instead of abandoned", "visits", f"UPDATE visit SET outcome = 'answered' WHERE {_ROW}",
        "outcome = 'abandoned'"),
    _of("visit", "it goes on", "visits",
        f"UPDATE visit SET ended_ms = NULL, outcome = NULL, waited_ms = NULL WHERE {_ROW}"),
    _of("part", "a row is lost", "parts", f"DELETE FROM part WHERE {_ROW}"),
    _of("part", "a row is there twice", "parts", _copied("part", "number", "number + 1", _ROW)),
    _of("part", "more talk", "parts", f"UPDATE part SET talk_ms = talk_ms + 1 WHERE {_ROW}"),
    _of("part", "another agent's", "parts", f"UPDATE part SET agent = 'nobody' WHERE {_ROW}"),
    _of("part", "it was handed to a number", "parts", f"UPDATE part SET transfer = 'number' WHERE {_ROW}",
        "transfer IS NULL"),
    _of("part", "nobody was asked", "parts", f"UPDATE part SET consults = 0 WHERE {_ROW}", "consults > 0"),
    Damage("agent_stretch: a talk is lost", "stretches",
           "SELECT part.contact_id AS id, part.agent AS a, part.began_ms AS b FROM part JOIN agent_stretch AS s "
           "ON s.agent = part.agent AND s.began_ms = part.began_ms WHERE s.state = 'talking' AND part.talk_ms > 0 "
           "ORDER BY id LIMIT 1",
           ("DELETE FROM agent_stretch WHERE agent = :a AND began_ms = :b",), ("agent_stretch",)),
    Damage("agent_stretch: one ends after the next has begun", "stretches",
           "SELECT agent AS id, began_ms AS b FROM agent_stretch WHERE state = 'ready' ORDER BY began_ms LIMIT 1",
           ("UPDATE agent_stretch SET ended_ms = ended_ms + 1 WHERE agent = :id AND began_ms = :b",),
           ("agent_stretch",)),
    Damage("figure_queue: one too many", "figure-queue",
           "SELECT queue AS id, quarter_ms AS q, tier AS t, entry AS e FROM figure_queue ORDER BY q LIMIT 1",
           ("UPDATE figure_queue SET offered = offered + 1 WHERE quarter_ms = :q AND queue = :id AND tier = :t "
            "AND entry = :e",), ("figure_queue",)),
    Damage("figure_queue: a row is lost", "figure-queue", "SELECT queue AS id FROM figure_queue LIMIT 1",
           ("DELETE FROM figure_queue WHERE queue = :id",), ("figure_queue",)),
    Damage("figure_queue: a row of nobody", "figure-queue",
           "SELECT 'else' AS id, min(quarter_ms) AS q FROM figure_queue",
           (_copied("figure_queue", "queue", "'else'", "quarter_ms = :q") + " LIMIT 1",), ("figure_queue",)),
    Damage("figure_agent: a second of talk too much", "figure-agent",
           "SELECT agent AS id, quarter_ms AS q, queue AS k FROM figure_agent ORDER BY q LIMIT 1",
           ("UPDATE figure_agent SET talk_ms = talk_ms + 1000 WHERE quarter_ms = :q AND agent = :id AND queue = :k",),
           ("figure_agent",)),
    Damage("figure_agent: one offer too few", "figure-agent",
           "SELECT agent AS id, quarter_ms AS q, queue AS k FROM figure_agent WHERE accepted > 0 ORDER BY q LIMIT 1",
           ("UPDATE figure_agent SET accepted = accepted - 1 WHERE quarter_ms = :q AND agent = :id AND queue = :k",),
           ("figure_agent",)),
    Damage("figure_stretch: a second too much", "figure-stretch",
           "SELECT agent AS id, quarter_ms AS q, state AS s FROM figure_stretch ORDER BY q LIMIT 1",
           ("UPDATE figure_stretch SET ms = ms + 1000 WHERE quarter_ms = :q AND agent = :id AND state = :s",),
           ("figure_stretch",)),
)  # fmt: skip


@asynccontextmanager
async def done(engine: AsyncEngine, damage: Damage) -> AsyncIterator[str]:
    """Do it, and undo it at the end; gives what the audit has to name."""
    tables = [Base.metadata.tables[name] for name in damage.tables]
    async with engine.begin() as connection:
        before = [[dict(row) for row in (await connection.execute(select(one))).mappings()] for one in tables]
        picked = (await connection.execute(text(damage.pick))).mappings().one()
        for change in damage.change:
            changed = await connection.execute(text(change), {k: v for k, v in picked.items() if f":{k}" in change})
            assert changed.rowcount > 0, damage.what
    try:
        yield str(picked["id"])
    finally:
        async with engine.begin() as connection:
            for one, rows in zip(tables, before, strict=True):
                await connection.execute(delete(one))
                if rows:
                    await connection.execute(insert(one), rows)
