"""How far old rows have been removed (see `stores.retention_marks`)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    marks = op.create_table(
        "retention_mark",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_retention_mark"),
    )
    op.bulk_insert(marks, [{"name": name, "at_ms": 0} for name in ("personal", "facts", "done")])
