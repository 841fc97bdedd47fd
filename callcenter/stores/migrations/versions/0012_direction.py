"""Contacts that agents have made: they have called the customer."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact", sa.Column("direction", sa.String(8), nullable=False, server_default="in"))
