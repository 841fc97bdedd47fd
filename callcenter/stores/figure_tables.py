"""The SQL tables of figures: facts as the core has said them, and what is worked out from them by quarters of an hour.

One idea: facts are written once, figures are worked out anew from the facts whenever a fact of their quarter has come
(`figures`). So a figure is never added to, and cannot drift from the facts.

A visit counts in the quarter in which it began, an agent's part in the quarter in which it began (the answer), an offer
in the quarter in which it ended, and an agent's stretch in all the quarters that it lies in, each its share. Quarters
are of UTC. What has no name (no reason, no queue) is the empty text where it is a part of a key.
"""

from sqlalchemy import BigInteger, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import QUARTER_MS
from callcenter.stores.tables import Base

_Name = String(128)
_Word = String(16)
_Entry = String(256)  # what a caller may fill in

# A stretch that is longer than a quarter may cover one in which it neither begins nor ends. Those up to a day long end
# within a day of it, and the others are few.
DAY_MS = 86_400_000
LONG_STRETCH = f"ended_ms - began_ms > {QUARTER_MS}"
DAYS_LONG_STRETCH = f"ended_ms - began_ms > {DAY_MS}"
OPEN = "ended_ms IS NULL"


class VisitRow(Base):
    """A contact's stay in one queue, as in `facts.RecordVisit`; `ended_ms` and what follows from it is None while it
    waits. Consultations and outgoing calls have none, nor has who was gone before any queue was chosen."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_began_ms", "began_ms"),)

    contact_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    queue: Mapped[str] = mapped_column(_Name)
    tier: Mapped[str] = mapped_column(_Name)
    entry: Mapped[str] = mapped_column(_Entry)
    began_ms: Mapped[int] = mapped_column(BigInteger)
    queued_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str | None] = mapped_column(_Word)
    waited_ms: Mapped[int | None] = mapped_column(BigInteger)
    agent: Mapped[str | None] = mapped_column(_Name)
    service_level_ms: Mapped[int] = mapped_column(BigInteger)
    short_abandon_ms: Mapped[int] = mapped_column(BigInteger)
    after_transfer: Mapped[bool]


class PartRow(Base):
    """An agent's part in a contact, as in `facts.RecordPart`. Written once, at the end of the wrap-up."""

    __tablename__ = "part"
    __table_args__ = (Index("ix_part_began_ms", "began_ms"),)

    contact_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(_Name)
    queue: Mapped[str] = mapped_column(_Name)
    tier: Mapped[str] = mapped_column(_Name)
    entry: Mapped[str] = mapped_column(_Entry)
    direction: Mapped[str] = mapped_column(String(8))
    began_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int] = mapped_column(BigInteger)
    ring_ms: Mapped[int] = mapped_column(BigInteger)
    talk_ms: Mapped[int] = mapped_column(BigInteger)
    hold_ms: Mapped[int] = mapped_column(BigInteger)
    wrap_up_ms: Mapped[int] = mapped_column(BigInteger)
    consult_ms: Mapped[int] = mapped_column(BigInteger)
    consults: Mapped[int] = mapped_column(Integer)
    transfer: Mapped[str | None] = mapped_column(_Word)
    disposition: Mapped[str | None] = mapped_column(_Name)


class AgentStretchRow(Base):
    """A stretch of one state of an agent, as in `facts.RecordStretch`; `ended_ms` None while it goes on."""

    __tablename__ = "agent_stretch"
    __table_args__ = (
        Index("ix_agent_stretch_began_ms", "began_ms"),
        Index(
            "ix_agent_stretch_long", "ended_ms", sqlite_where=text(LONG_STRETCH), postgresql_where=text(LONG_STRETCH)
        ),
        Index(
            "ix_agent_stretch_days_long",
            "ended_ms",
            sqlite_where=text(DAYS_LONG_STRETCH),
            postgresql_where=text(DAYS_LONG_STRETCH),
        ),
        Index("ix_agent_stretch_open", "agent", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    )

    agent: Mapped[str] = mapped_column(_Name, primary_key=True)
    began_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(_Word)
    reason: Mapped[str | None] = mapped_column(_Name)


class StaleQuarterRow(Base):
    """A quarter that has facts which its figures may not have yet. Written in the transaction of the facts."""

    __tablename__ = "stale_quarter"

    quarter_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class FigureQueueRow(Base):
    """What became of the visits that began in this quarter, and the parts of agents that did.

    offered = answered + abandoned + short_abandoned + overflowed + others + waiting. `answered_within` is of the
    answered, `abandoned_within` of both kinds of abandoned: at the latest when the queue's threshold was reached.
    `longest_wait_ms` is of those who wait no more, however they left.

    `parts` and the times beside it are of contacts that came in; `out_parts` are calls out, `out_ms` the time from the
    order to dial to the end of the wrap-up.
    """

    __tablename__ = "figure_queue"

    quarter_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    queue: Mapped[str] = mapped_column(_Name, primary_key=True)
    tier: Mapped[str] = mapped_column(_Name, primary_key=True)
    entry: Mapped[str] = mapped_column(_Entry, primary_key=True)
    offered: Mapped[int] = mapped_column(BigInteger)
    answered: Mapped[int] = mapped_column(BigInteger)
    answered_within: Mapped[int] = mapped_column(BigInteger)
    answer_wait_ms: Mapped[int] = mapped_column(BigInteger)
    abandoned: Mapped[int] = mapped_column(BigInteger)
    abandon_wait_ms: Mapped[int] = mapped_column(BigInteger)  # of the abandoned, not of the short ones
    short_abandoned: Mapped[int] = mapped_column(BigInteger)
    abandoned_within: Mapped[int] = mapped_column(BigInteger)
    overflowed: Mapped[int] = mapped_column(BigInteger)
    others: Mapped[int] = mapped_column(BigInteger)
    waiting: Mapped[int] = mapped_column(BigInteger)
    longest_wait_ms: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[int] = mapped_column(BigInteger)
    talk_ms: Mapped[int] = mapped_column(BigInteger)
    hold_ms: Mapped[int] = mapped_column(BigInteger)
    wrap_up_ms: Mapped[int] = mapped_column(BigInteger)
    transfers: Mapped[int] = mapped_column(BigInteger)
    consults: Mapped[int] = mapped_column(BigInteger)
    out_parts: Mapped[int] = mapped_column(BigInteger)
    out_ms: Mapped[int] = mapped_column(BigInteger)


class FigureAgentRow(Base):
    """An agent's parts that began in this quarter, and the offers to it that ended in it, by how.

    `parts`, `ring_ms` (of the accepted offers of those parts) and so on are as in `figure_queue`. `accepted` counts
    consultations too: who was asked has answered an offer, and has no part unless the contact was handed over then.
    """

    __tablename__ = "figure_agent"

    quarter_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(_Name, primary_key=True)
    queue: Mapped[str] = mapped_column(_Name, primary_key=True)
    parts: Mapped[int] = mapped_column(BigInteger)
    ring_ms: Mapped[int] = mapped_column(BigInteger)
    talk_ms: Mapped[int] = mapped_column(BigInteger)
    hold_ms: Mapped[int] = mapped_column(BigInteger)
    wrap_up_ms: Mapped[int] = mapped_column(BigInteger)
    transfers: Mapped[int] = mapped_column(BigInteger)
    consults: Mapped[int] = mapped_column(BigInteger)
    out_parts: Mapped[int] = mapped_column(BigInteger)
    out_ms: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger)
    declined: Mapped[int] = mapped_column(BigInteger)
    expired: Mapped[int] = mapped_column(BigInteger)
    withdrawn: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)


class FigureStretchRow(Base):
    """How long an agent was in a state within this quarter, in stretches that are over; `reason` empty: none.

    The one stretch that goes on is not in it: who reports adds it up to the moment (`figures.open_stretches`).
    """

    __tablename__ = "figure_stretch"

    quarter_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(_Name, primary_key=True)
    state: Mapped[str] = mapped_column(_Word, primary_key=True)
    reason: Mapped[str] = mapped_column(_Name, primary_key=True)
    ms: Mapped[int] = mapped_column(BigInteger)
