"""API tokens, the audit log, which only ever grows, and webhooks with what is to be delivered to them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_REFUSE = {
    "sqlite": (
        "CREATE TRIGGER audit_log_no_{verb} BEFORE {VERB} ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    ),
    "postgresql": (
        "CREATE TRIGGER audit_log_no_{verb} BEFORE {VERB} ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION callcenter_audit_log_is_append_only()"
    ),
}
_FUNCTION = """
CREATE FUNCTION callcenter_audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("queue_groups", sa.Text(), nullable=False),
        sa.Column("acts_for", sa.String(128), nullable=True),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_used_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("digest", name="uq_api_token_digest"),
    )
    _audit_log()
    _webhooks()


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("number", _ROW_ID, nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(128), nullable=False),
        sa.Column("via", sa.String(128), nullable=False),
        sa.Column("address", sa.String(128), nullable=False),
        sa.Column("action", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(256), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_log"),
        sa.UniqueConstraint("id", name="uq_audit_log_id"),
    )
    for column in ("made_by", "action", "subject"):
        op.create_index(f"ix_audit_log_{column}_number", "audit_log", [column, "number"])
    op.create_index("ix_audit_log_at_ms", "audit_log", ["at_ms"])
    dialect = op.get_bind().dialect.name
    verbs = ["update", "delete"]
    if dialect == "postgresql":
        op.execute(_FUNCTION)
        verbs.append("truncate")
    for verb in verbs:
        op.execute(_REFUSE[dialect].format(verb=verb, VERB=verb.upper()))


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(128), nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_table(
        "webhook_event",
        sa.Column("number", _ROW_ID, nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_webhook_event"),
        sa.UniqueConstraint("id", name="uq_webhook_event_id"),
    )
    op.create_table(
        "webhook_dead_letter",
        sa.Column("number", _ROW_ID, nullable=False),
        sa.Column("webhook_id", sa.String(32), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("dead_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_webhook_dead_letter"),
    )
    op.create_index("ix_webhook_dead_letter_webhook_id_number", "webhook_dead_letter", ["webhook_id", "number"])
