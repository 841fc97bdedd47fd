"""The cursor of the contact log's writer, for each journal."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_cursor",
        sa.Column("journal", sa.String(64), nullable=False),
        sa.Column("last", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("journal", name="pk_log_cursor"),
    )
