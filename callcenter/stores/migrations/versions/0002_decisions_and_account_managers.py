"""What was decided about a contact, in a table of its own; the agent who looks after a customer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(128)),
        sa.Column("priority", sa.BigInteger()),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("made_by", sa.String(128)),
        sa.PrimaryKeyConstraint("contact_id", "number", name="pk_decision"),
    )
    op.add_column("customer", sa.Column("account_manager", sa.String(128)))
