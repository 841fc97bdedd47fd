"""Notes about contacts, the date of a follow-up, and what the search of the log looks by."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.String(160), nullable=False),
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
    )
    op.create_index("ix_note_contact_id_at_ms", "note", ["contact_id", "at_ms"])
    for table in ("contact", "early_disposition"):
        op.add_column(table, sa.Column("follow_up_on", sa.String(10)))
    op.create_index("ix_contact_agent_arrived_ms", "contact", ["agent", "arrived_ms"])
    op.create_index("ix_contact_account_arrived_ms", "contact", ["account", "arrived_ms"])
    op.create_index("ix_contact_follow_up_on", "contact", ["follow_up_on"])
