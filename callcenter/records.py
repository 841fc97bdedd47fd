"""What is written down besides what the core says: who asked for which change, and what webhooks are to be told.

One idea: such a record goes into the journal in the entry of the event that it is about, so the two are kept together
or not at all, and from there to SQL as the records of contacts do. The core knows nothing of it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from callcenter.values import dataclass


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A change that somebody asked for over the API. `id` is unique for ever.

    `by` is a login's id or `token:NAME`; `via` the session or token, `address` where it came from. `action` is the
    route's name, `subject` what it is about. `before` and `after` are JSON, None where there is nothing to tell; no
    secret is in them. `outcome` is "done", "asked" where the record was written before the change itself, or why it
    came to nothing.
    """

    id: str
    at_ms: int
    by: str
    via: str
    address: str
    action: str
    subject: str
    before: str | None
    after: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class RecordNotice:
    """What webhooks are to be told. `id` is unique for ever, `body` the JSON that is sent."""

    id: str
    kind: str
    at_ms: int
    body: str
