"""Judges what those hear who wait: each sound and each change of music must be the one foreseen, and nothing else.

Written from docs/rules.md and not from the engine. Everybody who waits is looked at after each event; whoever is left
when the matching is through and no phone rings for may be spoken to.
"""

from dataclasses import dataclass

from callcenter.commands import Command, PlaySounds, SetMusic
from callcenter.events import Event, PbxLost
from callcenter.simulation.account import Caller
from callcenter.simulation.judging import queue_of
from callcenter.simulation.logwatch import of
from callcenter.simulation.picture import Picture
from callcenter.simulation.promises import check, same
from callcenter.types import Announce, ContactId, ContactState, QueueName

FURTHEST_TOLD = 20

Said = tuple[ContactId, int, tuple[str, ...], int | None]


@dataclass(slots=True)
class Ear:
    """What one caller has heard."""

    queue: QueueName | None = None
    due_ms: int | None = None
    announcements: int = 0
    greeted: bool = False
    music: str | None = None  # as the PBX was told last, None: never
    in_doubt: bool = False  # the PBX was lost since
    said: int = 0
    answers: int = 0  # of the caller's, when it was listened to last


class TreatmentWatch:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._ears: dict[ContactId, Ear] = {}

    def judge(self, event: Event, commands: list[Command]) -> int:
        """Hold the commands of one event against what should be heard; says how often something was said."""
        picture = self.picture
        self._ears = {contact: ear for contact, ear in self._ears.items() if contact in picture.callers}
        if isinstance(event, PbxLost):
            for contact, ear in self._ears.items():
                ear.in_doubt |= picture.callers[contact].arrival.channel.pbx == event.pbx
        music: dict[ContactId, str] = {}
        words: list[Said] = []
        for caller in picture.callers.values():
            if caller.waits and caller.asks is None:
                self._listen(caller, music, words)
        said = of(PlaySounds, commands)
        for command in said:
            hearer = picture.callers.get(command.contact)
            waits = (
                hearer is not None
                and hearer.state is ContactState.WAITING
                and not hearer.in_fallback
                and not hearer.on_its_way
            )
            check("only who waits is spoken to, and while no phone rings", waits, command)
            assert hearer is not None
            same("who is spoken to is at that channel", hearer.arrival.channel, command.channel)
        told = sorted((one.contact, one.number, one.sounds, one.position) for one in said)
        same("each greeting once, each announcement in its time", sorted(words), told)
        changes = {command.contact: command.music for command in of(SetMusic, commands)}
        same("each caller hears the music of its queue", music, changes)
        return len(said)

    def _listen(self, caller: Caller, music: dict[ContactId, str], words: list[Said]) -> None:
        if all(queue.name != caller.queue for queue in self.picture.rules_of_now.queues):
            return  # its queue is no more, and a phone still rings for it
        treatment = queue_of(caller, self.picture.rules_of_now).treatment
        ear = self._ears.setdefault(caller.id, Ear())
        announce = treatment.announce if treatment is not None else None
        if ear.answers != caller.answers:  # it waits again
            ear.answers, ear.due_ms = caller.answers, None
        due = self._clock(caller, ear, announce)
        if not self.picture.up.get(caller.arrival.channel.pbx) or caller.in_fallback or caller.on_its_way:
            return
        wanted = (treatment.music or "") if treatment is not None else ""
        if wanted != (ear.music or "") or (ear.music is not None and ear.in_doubt):
            music[caller.id] = ear.music = wanted
        ear.in_doubt = False
        if caller.state is not ContactState.WAITING or treatment is None:
            return
        if treatment.greeting is not None and not ear.greeted:
            ear.greeted = True
            self._say(caller, ear, words, (treatment.greeting,), None)
        elif due and announce is not None:
            sound = announce.sounds[ear.announcements % len(announce.sounds)] if announce.sounds else None
            ear.announcements += 1
            place = self._place(caller) if announce.position else FURTHEST_TOLD + 1
            told = place if place <= FURTHEST_TOLD else None
            self._say(caller, ear, words, () if sound is None else (sound,), told)

    @staticmethod
    def _say(caller: Caller, ear: Ear, words: list[Said], sounds: tuple[str, ...], place: int | None) -> None:
        if sounds or place is not None:
            ear.said += 1
            words.append((caller.id, ear.said, sounds, place))

    def _clock(self, caller: Caller, ear: Ear, announce: Announce | None) -> bool:
        """Whether it is time for an announcement: every so often since the caller came to wait in this queue."""
        now_ms = self.picture.now_ms
        if announce is None:
            ear.due_ms = None
        elif ear.due_ms is None or ear.queue != caller.queue:
            ear.due_ms, ear.announcements = now_ms + announce.every_ms, 0
        elif ear.due_ms <= now_ms:
            while ear.due_ms <= now_ms:
                ear.due_ms += announce.every_ms
            return True
        ear.queue = caller.queue
        return False

    def _place(self, caller: Caller) -> int:
        """A recount of who is served before, in the same queue."""
        ageing_ms = self.picture.rules_of_now.ageing_ms

        def order(one: Caller) -> tuple[int, int]:
            assert one.priority is not None
            return (one.arrived_ms - one.priority * ageing_ms, one.age)

        others = [
            one for one in self.picture.callers.values() if one.asks is None and one.waits and one.queue == caller.queue
        ]
        return 1 + sum(order(one) < order(caller) for one in others)
