"""Customers with their numbers; contacts with their segments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("id", _row_id, nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("tier", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16)),
        sa.Column("notes", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
        sa.UniqueConstraint("account", name="uq_customer_account"),
    )
    op.create_table(
        "customer_number",
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("customer_id", _row_id, nullable=False),
        sa.PrimaryKeyConstraint("number", "customer_id", name="pk_customer_number"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_customer_number_customer_id_customer", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_customer_number_customer_id", "customer_number", ["customer_id"])
    _create_contact()
    op.create_table(
        "segment",
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(128)),
        sa.Column("agent", sa.String(128)),
        sa.Column("offer", sa.String(128)),
        sa.Column("result", sa.String(128)),
        sa.PrimaryKeyConstraint("contact_id", "number", name="pk_segment"),
    )
    op.create_table(
        "early_disposition",
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("disposition", sa.String(128)),
        sa.Column("handled_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="pk_early_disposition"),
    )


def _create_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("pbx", sa.String(128), nullable=False),
        sa.Column("channel", sa.String(256), nullable=False),
        sa.Column("caller", sa.String(256)),
        sa.Column("number", sa.String(16)),
        sa.Column("caller_name", sa.String(256), nullable=False),
        sa.Column("dialled", sa.String(256), nullable=False),
        sa.Column("account", sa.String(256)),
        sa.Column("intent", sa.String(256)),
        sa.Column("language", sa.String(256)),
        sa.Column("customer_id", sa.BigInteger()),
        sa.Column("tier", sa.String(128), nullable=False),
        sa.Column("queue", sa.String(128)),
        sa.Column("priority", sa.BigInteger()),
        sa.Column("rule", sa.String(128)),
        sa.Column("because", sa.String(1000)),
        sa.Column("agent", sa.String(128)),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("disposition", sa.String(128)),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("connected_ms", sa.BigInteger()),
        sa.Column("ended_ms", sa.BigInteger(), nullable=False),
        sa.Column("waited_ms", sa.BigInteger(), nullable=False),
        sa.Column("handled_ms", sa.BigInteger()),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("service_level_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_customer_id_arrived_ms", "contact", ["customer_id", "arrived_ms"])
    op.create_index("ix_contact_number_arrived_ms", "contact", ["number", "arrived_ms"])
    op.create_index("ix_contact_arrived_ms", "contact", ["arrived_ms"])
    op.create_index("ix_contact_queue_arrived_ms", "contact", ["queue", "arrived_ms"])
