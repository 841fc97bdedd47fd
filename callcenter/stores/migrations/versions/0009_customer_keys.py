"""What the contact log knows the customers of an existing CRM by."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_key",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer_key"),
    )
    op.create_index("ix_customer_key_source_key", "customer_key", ["source", "key"], unique=True)
    op.create_index("ix_customer_key_account", "customer_key", ["account"])
