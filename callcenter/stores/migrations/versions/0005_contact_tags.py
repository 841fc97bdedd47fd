"""The tags that rules gave to contacts, a row for each."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_tag",
        sa.Column("contact_id", sa.String(128), nullable=False),
        sa.Column("tag", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "tag", name="pk_contact_tag"),
    )
    op.create_index("ix_contact_tag_tag_contact_id", "contact_tag", ["tag", "contact_id"])
