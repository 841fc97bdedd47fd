"""The SQL tables: customers and their numbers, and the log of contacts with their tags, segments and decisions.

One idea: the log is written once and read by key. Contacts, segments and decisions carry the ids that the engine gave
them, so writing one again changes nothing. The log has no foreign keys: a segment may be there before its contact (it
ends first), and a customer may be deleted, or live in another database, while the log of its contacts stays.

Times are integer milliseconds of UTC since the Unix epoch, in columns that end in `_ms`. Texts have a length; longer
ones are cut by the writer.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite counts rows by itself only in a column that is called INTEGER; it holds 64 bits there as well.
_RowId = BigInteger().with_variant(Integer, "sqlite")

_Name = String(128)  # ids and names that we or the configuration made
_Caller = String(256)  # what a caller or a PBX may fill in

MAX_ATTRIBUTE = 1_000
OFFERS = "kind = 'offer'"  # the segments that figures count


class Base(DeclarativeBase):
    # Constraints have names, so that a later migration can find them on either database.
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class CustomerRow(Base):
    """`account_manager` is the id of the agent who looks after this customer, None: nobody does."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    account: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(_Caller)
    tier: Mapped[str] = mapped_column(String(32))
    language: Mapped[str | None] = mapped_column(String(16))
    notes: Mapped[str | None] = mapped_column(Text)
    account_manager: Mapped[str | None] = mapped_column(_Name)


class CustomerNumberRow(Base):
    """A phone number of a customer, in E.164 (`+12125550123`). Several customers may share one."""

    __tablename__ = "customer_number"

    number: Mapped[str] = mapped_column(String(16), primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        _RowId, ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class CustomerAttributeRow(Base):
    """What is known of a customer besides, as text: a number in digits, `true` or `false`, a date as 2026-12-24.

    Only attributes that the routing rules declare are read, and only values of the kind that they are declared as.
    """

    __tablename__ = "customer_attribute"

    customer_id: Mapped[int] = mapped_column(_RowId, ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(_Name, primary_key=True)
    value: Mapped[str] = mapped_column(String(MAX_ATTRIBUTE))


class CustomerKeyRow(Base):
    """A customer of an existing CRM, where that is the customer base: the contact log knows it by `id`.

    `source` is the setting `crm.name`, `key` the CRM's own id as text, `account` the account as it was last seen.
    """

    __tablename__ = "customer_key"
    __table_args__ = (
        Index("ix_customer_key_source_key", "source", "key", unique=True),
        Index("ix_customer_key_account", "account"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(_Caller)
    account: Mapped[str] = mapped_column(String(64))


class ContactRow(Base):
    """A contact that has ended. `disposition` and `handled_ms` come later, at the end of its wrap-up.

    `caller` is the number as the PBX gave it; `number` is the same in E.164, None where it is withheld or internal.

    `previous_ms` and `next_ms` are when the contacts before and after it arrived: of the same customer or, where no
    customer was known, of the same number. None: there is none, or it is a call out, which no other counts either.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_customer_id_arrived_ms", "customer_id", "arrived_ms"),
        Index("ix_contact_number_arrived_ms", "number", "arrived_ms"),
        Index("ix_contact_arrived_ms", "arrived_ms"),
        Index("ix_contact_queue_arrived_ms", "queue", "arrived_ms"),
        Index("ix_contact_agent_arrived_ms", "agent", "arrived_ms"),
        Index("ix_contact_account_arrived_ms", "account", "arrived_ms"),
        Index("ix_contact_follow_up_on", "follow_up_on"),
    )

    id: Mapped[str] = mapped_column(_Name, primary_key=True)
    pbx: Mapped[str] = mapped_column(_Name)
    channel: Mapped[str] = mapped_column(_Caller)
    caller: Mapped[str | None] = mapped_column(_Caller)
    number: Mapped[str | None] = mapped_column(String(16))
    caller_name: Mapped[str] = mapped_column(_Caller)
    dialled: Mapped[str] = mapped_column(_Caller)
    account: Mapped[str | None] = mapped_column(_Caller)
    intent: Mapped[str | None] = mapped_column(_Caller)
    language: Mapped[str | None] = mapped_column(_Caller)
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    tier: Mapped[str] = mapped_column(_Name)
    queue: Mapped[str | None] = mapped_column(_Name)
    priority: Mapped[int | None] = mapped_column(BigInteger)
    rule: Mapped[str | None] = mapped_column(_Name)
    because: Mapped[str | None] = mapped_column(String(1000))
    agent: Mapped[str | None] = mapped_column(_Name)
    outcome: Mapped[str] = mapped_column(String(32))
    disposition: Mapped[str | None] = mapped_column(_Name)
    follow_up_on: Mapped[str | None] = mapped_column(String(10))
    arrived_ms: Mapped[int] = mapped_column(BigInteger)
    connected_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int] = mapped_column(BigInteger)
    waited_ms: Mapped[int] = mapped_column(BigInteger)
    handled_ms: Mapped[int | None] = mapped_column(BigInteger)
    offers: Mapped[int] = mapped_column(Integer)
    service_level_ms: Mapped[int | None] = mapped_column(BigInteger)
    direction: Mapped[str] = mapped_column(String(8), server_default="in")  # "out": an agent has called
    previous_ms: Mapped[int | None] = mapped_column(BigInteger)
    next_ms: Mapped[int | None] = mapped_column(BigInteger)


class ContactTagRow(Base):
    """A tag of a contact that has ended, from the rule that sent it where it was last. Written with the contact."""

    __tablename__ = "contact_tag"
    __table_args__ = (Index("ix_contact_tag_tag_contact_id", "tag", "contact_id"),)

    contact_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    tag: Mapped[str] = mapped_column(_Name, primary_key=True)


class SegmentRow(Base):
    """One finished stretch of a contact: waiting, an offer, talk, wrap-up."""

    __tablename__ = "segment"
    __table_args__ = (
        Index("ix_segment_offer_ended_ms", "ended_ms", sqlite_where=text(OFFERS), postgresql_where=text(OFFERS)),
    )

    contact_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32))
    started_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int] = mapped_column(BigInteger)
    queue: Mapped[str | None] = mapped_column(_Name)
    agent: Mapped[str | None] = mapped_column(_Name)
    offer: Mapped[str | None] = mapped_column(_Name)
    result: Mapped[str | None] = mapped_column(_Name)


class DecisionRow(Base):
    """One decision about a contact besides its offers: routed, relaxed, moved, withdrawn and so on, in words.

    `queue` and `priority` are those that it had from then on. `made_by` is the supervisor who asked for it, None: the
    engine.
    """

    __tablename__ = "decision"

    contact_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    queue: Mapped[str | None] = mapped_column(_Name)
    priority: Mapped[int | None] = mapped_column(BigInteger)
    words: Mapped[str] = mapped_column(String(1000))
    made_by: Mapped[str | None] = mapped_column(_Name)


class NoteRow(Base):
    """What somebody wrote about a contact, `id` is the engine's or the page's. `follow_up_on` of a contact is apart."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_contact_id_at_ms", "contact_id", "at_ms"),)

    id: Mapped[str] = mapped_column(String(160), primary_key=True)
    contact_id: Mapped[str] = mapped_column(_Name)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[str] = mapped_column(_Name)
    text: Mapped[str] = mapped_column(Text)


class EarlyDispositionRow(Base):
    """The end of an agent's wrap-up whose contact is not in the log yet; it moves there when the contact comes.

    Of several agents who had a contact one after the other, the last one's counts for the contact; those of the others
    are in its segments. `agent` is empty where an earlier version has written the row.
    """

    __tablename__ = "early_disposition"

    contact_id: Mapped[str] = mapped_column(_Name, primary_key=True)
    agent: Mapped[str] = mapped_column(_Name, primary_key=True)
    disposition: Mapped[str | None] = mapped_column(_Name)
    handled_ms: Mapped[int] = mapped_column(BigInteger)
    follow_up_on: Mapped[str | None] = mapped_column(String(10))


class LogCursorRow(Base):
    """How far the contact log has been written: `last` is the id of the last record of that journal in it."""

    __tablename__ = "log_cursor"

    journal: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[str] = mapped_column(String(64))


class RetentionMarkRow(Base):
    """How far old rows have been removed, see `retention_marks`. The migration makes all rows; `at_ms` 0: not yet."""

    __tablename__ = "retention_mark"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)


class VersionColumns:
    """A version of what admins publish; rows are added and never changed.

    `parent` is the number of the version before, 0 for none; it is unique, so that of two publishers who both build on
    the same version one is refused, whatever process they are in. `files` is a JSON object of names and texts,
    `changed` a JSON list.
    """

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parent: Mapped[int] = mapped_column(Integer, unique=True)
    author: Mapped[str] = mapped_column(_Caller)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    message: Mapped[str] = mapped_column(String(500))
    changed: Mapped[str] = mapped_column(Text)
    files: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))


class RuleVersionRow(VersionColumns, Base):
    """A version of the routing rules."""

    __tablename__ = "rule_version"


class StaffVersionRow(VersionColumns, Base):
    """A version of the staff; its one file is agents.yaml, with the hashes of passwords."""

    __tablename__ = "staff_version"


class ApiTokenRow(Base):
    """A token of the API. `digest` is the SHA-256 of its text, which is nowhere; `scopes` and `queue_groups` are JSON.

    A token that is revoked stays, for the audit log names it.
    """

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(Text)
    queue_groups: Mapped[str] = mapped_column(Text)
    acts_for: Mapped[str | None] = mapped_column(_Name)
    created_by: Mapped[str] = mapped_column(_Name)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_used_ms: Mapped[int | None] = mapped_column(BigInteger)
    revoked_ms: Mapped[int | None] = mapped_column(BigInteger)


class AuditRow(Base):
    """A change that somebody asked for. The database itself refuses to change or delete a row (a trigger).

    `id` is ours, so that a record that is written twice is there once; `before` and `after` are JSON.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_made_by_number", "made_by", "number"),
        Index("ix_audit_log_action_number", "action", "number"),
        Index("ix_audit_log_subject_number", "subject", "number"),
        Index("ix_audit_log_at_ms", "at_ms"),
    )

    number: Mapped[int] = mapped_column(_RowId, primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[str] = mapped_column(_Name)
    via: Mapped[str] = mapped_column(_Name)
    address: Mapped[str] = mapped_column(_Name)
    action: Mapped[str] = mapped_column(_Name)
    subject: Mapped[str] = mapped_column(_Caller)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(500))


class WebhookRow(Base):
    """Who is told of contacts, and of what: `events` is a JSON list. `delivered` is the number of the last event that
    was delivered or given up. `secret` signs what is sent, and so is kept as it is."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(_Name)
    created_by: Mapped[str] = mapped_column(_Name)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    delivered: Mapped[int] = mapped_column(BigInteger)


class WebhookEventRow(Base):
    """What is to be told, in order; removed when each webhook has it."""

    __tablename__ = "webhook_event"

    number: Mapped[int] = mapped_column(_RowId, primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(64))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str] = mapped_column(Text)


class WebhookDeadLetterRow(Base):
    """What a webhook did not take, after the last attempt."""

    __tablename__ = "webhook_dead_letter"
    __table_args__ = (Index("ix_webhook_dead_letter_webhook_id_number", "webhook_id", "number"),)

    number: Mapped[int] = mapped_column(_RowId, primary_key=True)
    webhook_id: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(String(500))
    dead_ms: Mapped[int] = mapped_column(BigInteger)
