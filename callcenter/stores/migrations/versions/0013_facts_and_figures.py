"""Facts (visits, parts, agents' stretches), the figures that are worked out from them, and a contact's neighbours."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LONG = sa.text("ended_ms - began_ms > 900000")
_DAYS_LONG = sa.text("ended_ms - began_ms > 86400000")
_OPEN = sa.text("ended_ms IS NULL")
_OFFER = sa.text("kind = 'offer'")


def upgrade() -> None:
    for column in ("previous_ms", "next_ms"):
        op.add_column("contact", sa.Column(column, sa.BigInteger()))
    op.create_index("ix_segment_offer_ended_ms", "segment", ["ended_ms"], sqlite_where=_OFFER, postgresql_where=_OFFER)
    _visits()
    _parts()
    _stretches()
    op.create_table(
        "stale_quarter",
        sa.Column("quarter_ms", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("quarter_ms", name="pk_stale_quarter"),
    )
    _figures("figure_queue", {"queue": 128, "tier": 128, "entry": 256}, _OF_QUEUE)
    _figures("figure_agent", {"agent": 128, "queue": 128}, _OF_AGENT)
    _figures("figure_stretch", {"agent": 128, "state": 16, "reason": 128}, ("ms",))


def _visits() -> None:
    op.create_table(
        "visit",
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("queue", sa.String(128), nullable=False),
        sa.Column("tier", sa.String(128), nullable=False),
        sa.Column("entry", sa.String(256), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False),
        sa.Column("queued_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger()),
        sa.Column("outcome", sa.String(16)),
        sa.Column("waited_ms", sa.BigInteger()),
        sa.Column("agent", sa.String(128)),
        sa.Column("service_level_ms", sa.BigInteger(), nullable=False),
        sa.Column("short_abandon_ms", sa.BigInteger(), nullable=False),
        sa.Column("after_transfer", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "number", name="pk_visit"),
    )
    op.create_index("ix_visit_began_ms", "visit", ["began_ms"])


def _parts() -> None:
    times = ("began_ms", "ended_ms", "ring_ms", "talk_ms", "hold_ms", "wrap_up_ms", "consult_ms")
    op.create_table(
        "part",
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("agent", sa.String(128), nullable=False),
        sa.Column("queue", sa.String(128), nullable=False),
        sa.Column("tier", sa.String(128), nullable=False),
        sa.Column("entry", sa.String(256), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in times),
        sa.Column("consults", sa.Integer(), nullable=False),
        sa.Column("transfer", sa.String(16)),
        sa.Column("disposition", sa.String(128)),
        sa.PrimaryKeyConstraint("contact_id", "number", name="pk_part"),
    )
    op.create_index("ix_part_began_ms", "part", ["began_ms"])


def _stretches() -> None:
    op.create_table(
        "agent_stretch",
        sa.Column("agent", sa.String(128), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(128)),
        sa.PrimaryKeyConstraint("agent", "began_ms", name="pk_agent_stretch"),
    )
    op.create_index("ix_agent_stretch_began_ms", "agent_stretch", ["began_ms"])
    for name, which in (("ix_agent_stretch_long", _LONG), ("ix_agent_stretch_days_long", _DAYS_LONG)):
        op.create_index(name, "agent_stretch", ["ended_ms"], sqlite_where=which, postgresql_where=which)
    op.create_index("ix_agent_stretch_open", "agent_stretch", ["agent"], sqlite_where=_OPEN, postgresql_where=_OPEN)


_WORK = ("talk_ms", "hold_ms", "wrap_up_ms", "transfers", "consults", "out_parts", "out_ms")
_OF_QUEUE = (
    "offered",
    "answered",
    "answered_within",
    "answer_wait_ms",
    "abandoned",
    "abandon_wait_ms",
    "short_abandoned",
    "abandoned_within",
    "overflowed",
    "others",
    "waiting",
    "longest_wait_ms",
    "parts",
    *_WORK,
)
_OF_AGENT = ("parts", "ring_ms", *_WORK, "accepted", "declined", "expired", "withdrawn", "failed")


def _figures(table: str, keys: dict[str, int], figures: tuple[str, ...]) -> None:
    op.create_table(
        table,
        sa.Column("quarter_ms", sa.BigInteger(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.String(length), nullable=False) for name, length in keys.items()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in figures),
        sa.PrimaryKeyConstraint("quarter_ms", *keys, name=f"pk_{table}"),
    )
