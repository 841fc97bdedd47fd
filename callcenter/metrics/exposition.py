"""All metrics of one moment, and how they become text."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

from callcenter.metrics.contacts import CONTACTS
from callcenter.metrics.families import families
from callcenter.metrics.now import Now
from callcenter.metrics.offers import OFFERS
from callcenter.overview import Overview
from callcenter.queues.totals import Totals


@dataclass(frozen=True, slots=True)
class Seen:
    """What the core had counted and what the floor was like at one moment. Nothing of it may change any more."""

    totals: Totals
    picture: Overview


class Exposition:
    """To prometheus-client it is a registry like any other; it may be read in any thread."""

    def __init__(self, seen: Seen, now: Now, shells: CollectorRegistry) -> None:
        self._seen, self._now, self._shells = seen, now, shells

    def collect(self) -> Iterable[Metric]:
        yield from families((*CONTACTS, *OFFERS), self._seen.totals)
        yield from self._now.families(self._seen.picture)
        yield from self._shells.collect()

    def text(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type, in the format that the Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        registry: Any = self
        encoded: Any = encode(registry)
        return bytes(encoded), content_type
