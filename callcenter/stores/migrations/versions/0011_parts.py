"""A contact that was transferred has had several agents, each with a wrap-up of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ("contact_id", "disposition", "handled_ms", "follow_up_on")
    op.rename_table("early_disposition", "early_disposition_before")
    op.create_table(
        "early_disposition",
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("agent", sa.String(128), nullable=False),
        sa.Column("disposition", sa.String(128)),
        sa.Column("handled_ms", sa.BigInteger(), nullable=False),
        sa.Column("follow_up_on", sa.String(10)),
        sa.PrimaryKeyConstraint("contact_id", "agent", name="pk_early_disposition_by_agent"),
    )
    names = ", ".join(columns)
    op.execute(
        f"INSERT INTO early_disposition ({names}, agent) SELECT {names}, '' FROM early_disposition_before"  # noqa: S608 - our own names
    )
    op.drop_table("early_disposition_before")
