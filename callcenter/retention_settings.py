"""The settings `retention`: for how long what the contact log holds is kept.

Nothing goes unless a number of days is written down: who starts a daemon has not asked it to delete anything. What is
about a person goes first, then the single contacts, then the figures, so each number is at least the one before.
"""

from typing import Annotated

from pydantic import Field

from callcenter.admin.schema import Model
from callcenter.admin.yaml_source import Document, Mistake

MIN_PERSONAL_DAYS = 8  # whether somebody calls again within a week is known by the number
MIN_DETAIL_DAYS = 32  # a month can be looked at as a whole
MAX_DAYS = 36_500


class RetentionSettings(Model):
    """Days after which what is older goes, None: never. `at_hour` is the local hour at which the daemon does it."""

    personal_days: Annotated[int, Field(ge=MIN_PERSONAL_DAYS, le=MAX_DAYS)] | None = None
    contacts_days: Annotated[int, Field(ge=MIN_DETAIL_DAYS, le=MAX_DAYS)] | None = None
    statistics_days: Annotated[int, Field(ge=MIN_DETAIL_DAYS, le=MAX_DAYS)] | None = None
    at_hour: Annotated[int, Field(ge=0, le=23)] = 3

    @property
    def anything(self) -> bool:
        return (self.personal_days, self.contacts_days, self.statistics_days) != (None, None, None)


def contradictions(retention: RetentionSettings, main: Document) -> list[Mistake]:
    """Where less would be kept of what should stay longer."""
    mistakes = []
    personal, contacts, statistics = retention.personal_days, retention.contacts_days, retention.statistics_days
    if personal is not None and contacts is not None and contacts < personal:
        remedy = f"It should be at least retention.personal_days, {personal}: that is in the contacts"
        mistakes.append(main.mistake(("retention", "contacts_days"), f"is {contacts}", remedy))
    if statistics is not None and (contacts is None or statistics < contacts):
        remedy = "Set retention.contacts_days too, to at most as much: figures are made from contacts"
        mistakes.append(main.mistake(("retention", "statistics_days"), f"is {statistics}", remedy))
    return mistakes
