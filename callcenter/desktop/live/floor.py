"""The floor as entries: looked at a few times a second, and encoded where it differs from what was seen before.

The one idea: an entry whose source is equal to the last one's keeps its text, the very same object, so that to find
what has changed costs a comparison and no encoding, for every audience.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from callcenter.desktop.live import entries
from callcenter.desktop.live.audience import Audience, sees
from callcenter.desktop.live.streams import text
from callcenter.overview import AgentView, Overview, QueueView
from callcenter.types import AgentId, DeviceStatus, Level, QueueName

STROKE = 50  # entries that are made between two turns of the loop
KEYS = ("agent/", "alert/", "center", "contact/", "queue/")  # what the keys of the floor begin with


class Floor:
    """What it is like at `picture`. Made of the floor before, whose texts it takes over."""

    def __init__(self, picture: Overview, before: "Floor | None" = None) -> None:
        self.picture = picture
        self._agents: dict[AgentId, AgentView] = {view.id: view for view in picture.agents}
        self._queues: dict[QueueName, QueueView] = {view.name: view for view in picture.queues}
        alerted_ms: dict[tuple[QueueName, str, Level], int] = {} if before is None else before._alerted_ms
        self._alerted_ms: dict[tuple[QueueName, str, Level], int] = {  # since when each alert is as bad as it is
            key: alerted_ms.get(key, picture.now_ms)
            for view in picture.queues
            for alert in view.alerts
            for key in ((view.name, alert.measure, alert.level),)
        }
        self._own_queues: dict[QueueName, str] = {}
        self._before = {} if before is None else before._texts
        self._texts: dict[Hashable, tuple[tuple[Any, ...], str]] = {}  # with what each was made of
        self._wholes: dict[Audience, dict[str, str]] = {}

    def whole(self, audience: Audience) -> dict[str, str]:
        """All that this audience sees, by key."""
        if audience not in self._wholes:
            self._wholes[audience] = dict(self._seen_by(audience))
        return self._wholes[audience]

    async def make_whole(self, audience: Audience) -> None:
        """Do the work of `whole` by and by: nobody who is calling waits for it."""
        if audience not in self._wholes:
            whole: dict[str, str] = {}
            for key, entry in self._seen_by(audience):
                whole[key] = entry
                if not len(whole) % STROKE:
                    await asyncio.sleep(0)
            self._wholes[audience] = whole

    def own(self, agent: AgentId) -> dict[str, str]:
        """What an agent's own page is shown of it, by key."""
        view = self._agents.get(agent)
        device = DeviceStatus.UNKNOWN if view is None else view.device
        seen = {"device": text(device), "pbxs": self._text("pbxs", entries.pbxs(self.picture))}
        for name in () if view is None else view.queues:
            if name in self._queues:
                seen[f"queue/{name}"] = self._own_queue(name)
        return seen

    def _own_queue(self, name: QueueName) -> str:
        if name not in self._own_queues:
            own = entries.own_queue(self._queues[name], self.picture.now_ms)
            self._own_queues[name] = self._text(("own", name), own)
        return self._own_queues[name]

    def _seen_by(self, audience: Audience) -> Iterator[tuple[str, str]]:
        picture, everything = self.picture, audience.queues is None
        rights = f"{audience.numbers:d}{audience.customers:d}"  # what is masked for it does not depend on its queues
        for queue in picture.queues:
            if everything or sees(audience, (queue.name,)):
                yield (key := f"queue/{queue.name}"), self._text(key, entries.queue(queue, picture.now_ms))
                for alert in queue.alerts:
                    key = f"alert/{entries.alert_id(queue.name, alert)}"
                    since_ms = self._alerted_ms[queue.name, alert.measure, alert.level]
                    yield key, self._text(key, queue.name, alert, since_ms, make=entries.alert, compared=3)
        for agent in picture.agents:
            if everything or sees(audience, agent.queues):
                yield (key := f"agent/{agent.id}"), self._text(key, agent, make=entries.agent)
        for contact in entries.listed(picture.contacts, audience):
            key = f"contact/{contact.id}"
            yield key, self._text(key + rights, contact, audience, make=entries.contact, compared=1)
        yield "center", self._text(("center", audience), entries.center(picture, audience))

    def _text(self, key: Hashable, *source: Any, make: Callable[..., Any] | None = None, compared: int = 2) -> str:
        """The entry that `make` makes of the source, encoded, unless the floor before has that already.

        The first `compared` values of the source are all that the entry depends on, with the key.
        """
        known = self._texts.get(key)
        if known is None:
            known = self._before.get(key)
            if known is None or known[0] != source[:compared]:
                known = source[:compared], text(make(*source) if make is not None else source[0])
            self._texts[key] = known
        return known[1]
