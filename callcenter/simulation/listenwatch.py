"""Judges who listens to whom: what supervisors ask for is begun, changed and ended at the PBX, and nothing else is.

The account is kept from the events and the picture's conversations; only the name of a listening is the engine's own.
"""

from dataclasses import dataclass

from callcenter.commands import Command
from callcenter.events import Event, PbxSynced
from callcenter.orders import (
    ChangeListening,
    ListenAsked,
    Listening,
    ListeningBegan,
    ListeningChanged,
    ListeningEnded,
    ListeningId,
    ListenMode,
    ListenStopped,
    StartListening,
    StopListening,
)
from callcenter.simulation.account import Caller
from callcenter.simulation.picture import Picture
from callcenter.simulation.promises import check, same
from callcenter.state import Saved
from callcenter.types import AgentId, ContactState, DecisionKind, DeviceRef, DeviceStatus, OfferId


@dataclass(slots=True)
class _Heard:
    by: AgentId
    device: DeviceRef
    agent: AgentId
    caller: Caller
    leg: OfferId
    mode: ListenMode
    hears: bool = False


class ListenWatch:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._live: dict[ListeningId, _Heard] = {}
        self._names: set[ListeningId] = set()
        self._told: dict[ListeningId, Listening] = {}
        self._wanted: list[tuple[object, ...]] = []  # what the PBX must be told, without the names of new ones
        self._begins: _Heard | None = None

    def foresee(self, event: Event) -> None:
        """To be called once the picture has taken the event: what has to be recorded of it is foreseen there."""
        self._wanted, self._begins = [], None
        self._take(event)
        for name, heard in list(self._live.items()):
            if not self._goes_on(heard):
                del self._live[name]
                self._wanted.append(("stop", name))
        all_heard = [*self._live.values(), *([] if self._begins is None else [self._begins])]
        self.picture.listening = [heard.device for heard in all_heard]
        self.picture.listeners = [heard.by for heard in all_heard]

    def judge(self, commands: list[Command], saved: Saved) -> None:
        said: list[tuple[object, ...]] = []
        for command in commands:
            match command:
                case StartListening():
                    said.append(("start", command.device, command.leg, command.mode))
                    check("a listening's name is new", command.listening not in self._names, command)
                    self._names.add(command.listening)
                    if self._begins is not None:
                        self._live[command.listening], self._begins = self._begins, None
                case ChangeListening():
                    said.append(("change", command.listening, command.leg, command.mode))
                case StopListening():
                    said.append(("stop", command.listening))
                case ListeningChanged(listening=listening, over=over):
                    self._told[listening.id] = listening
                    check("whoever is told to be over is", not over or listening.id not in saved.listening, command)
                case _:
                    pass
        same(
            "who listens is what supervisors want and the PBX says",
            sorted(map(str, self._wanted)),
            sorted(map(str, said)),
        )
        ours = {name: (h.by, h.agent, h.leg, h.mode, h.hears) for name, h in self._live.items()}
        theirs = {now.id: (now.by, now.agent, now.leg, now.mode, now.hears) for now in saved.listening.values()}
        same("who listens is known", ours, theirs)
        same("screens know who listens", saved.listening, {name: self._told[name] for name in saved.listening})

    def _take(self, event: Event) -> None:
        match event:
            case ListenAsked():
                self._ask(event)
            case ListenStopped(by=by):
                for name, heard in list(self._live.items()):
                    if heard.by == by:
                        self._end(name)
                        self._wanted.append(("stop", name))
            case ListeningBegan(listening=name) if name in self._live:
                self._begin(self._live[name])
            case ListeningEnded(listening=name) if name in self._live:
                self._end(name)
            case PbxSynced():
                self._sync(event)
            case _:
                pass

    def _ask(self, event: ListenAsked) -> None:
        worker = self.picture.workers.get(event.agent)
        caller = worker.caller if worker is not None else None
        if caller is None or caller.offer is None or caller.worker is not worker or event.agent == event.by:
            return
        talks = caller.state is ContactState.CONNECTED and self.picture.callers.get(caller.id) is caller
        if not talks or caller.arrival.channel.pbx != event.device.pbx:
            return
        for name, heard in self._live.items():
            if heard.by == event.by:
                if (heard.caller, heard.mode) != (caller, event.mode):
                    if heard.hears and heard.caller is not caller:
                        self._recorded(heard)
                    heard.agent, heard.caller, heard.leg, heard.mode = event.agent, caller, caller.offer, event.mode
                    if heard.hears:
                        self._recorded(heard)
                    self._wanted.append(("change", name, heard.leg, heard.mode))
                return
        free = self.picture.devices.get(event.device) is DeviceStatus.FREE
        if free and self.picture.up.get(event.device.pbx):
            self._begins = _Heard(event.by, event.device, event.agent, caller, caller.offer, event.mode)
            self._wanted.append(("start", event.device, caller.offer, event.mode))

    def _sync(self, event: PbxSynced) -> None:
        spies = {spy.listening: spy for spy in event.listening}
        for name, heard in list(self._live.items()):
            if heard.device.pbx != event.pbx:
                continue
            spy = spies.pop(name, None)
            if spy is None:
                self._end(name)
            else:
                if spy.hears:
                    self._begin(heard)
                if (spy.leg, spy.mode) != (heard.leg, heard.mode):
                    self._wanted.append(("change", name, heard.leg, heard.mode))
        self._wanted += [("stop", name) for name in spies]

    def _begin(self, heard: _Heard) -> None:
        if not heard.hears:
            heard.hears = True
            self._recorded(heard)

    def _end(self, name: ListeningId) -> None:
        heard = self._live.pop(name)
        if heard.hears:
            self._recorded(heard)

    def _recorded(self, heard: _Heard) -> None:
        """Whoever hears, speaks, or hears no more is in the contact's log, as long as the talk is."""
        if self._goes_on(heard):
            self.picture.decided(heard.caller, DecisionKind.LISTENED, heard.by)

    def _goes_on(self, heard: _Heard) -> bool:
        caller = heard.caller
        connected = caller.state is ContactState.CONNECTED and caller.offer == heard.leg
        return connected and self.picture.callers.get(caller.id) is caller
