"""At which phone each agent works, in the auditor's account: the configured one, the one that it has chosen, or none.

Written from docs/routing.md and not from the engine: whoever is not signed in has its own phone, and who has another
one is looked up whenever somebody asks.
"""

from dataclasses import replace

from callcenter.orders import DeviceChosen
from callcenter.simulation.account import Worker
from callcenter.simulation.placing import Placing
from callcenter.types import AgentConfig, AgentId, AgentState, DeviceRef

_BUSY = (AgentState.RESERVED, AgentState.TALKING)


class Seating(Placing):
    def __init__(self) -> None:
        super().__init__()
        self.listening: list[DeviceRef] = []  # supervisors' phones, see `listenwatch`
        self.listeners: list[AgentId] = []

    def tidy_up(self) -> None:
        """Who has signed out is at no other phone, and nobody is kept for whom it should not be."""
        for worker in self.workers.values():
            if worker.state is AgentState.LOGGED_OUT and worker.own_device is not None:
                self._sit(worker, worker.own_device)
        self.release_all()

    def choose_phone(self, event: DeviceChosen) -> None:
        worker = self.workers.get(event.agent)
        if worker is None or worker.state is AgentState.LOGGED_OUT or worker.state in _BUSY:
            return
        own = worker.own_device if worker.own_device is not None else worker.config.device
        wanted = own if event.device is None else event.device
        if worker.id in self.listeners or worker.config.device in self.listening or wanted in self.listening:
            return
        if wanted.pbx == own.pbx and (wanted.device or event.device is None) and not self._taken(wanted, worker):
            self._sit(worker, wanted)

    def sit_down(self, worker: Worker) -> None:
        """It has signed in."""
        if self._taken(worker.config.device, worker):
            self._sit(worker, DeviceRef(worker.config.device.pbx, ""))

    def keep_seat(self, worker: Worker, config: AgentConfig) -> AgentConfig:
        """The configuration says this of an agent; what it has chosen holds unless it is now given another phone."""
        if worker.own_device is not None and worker.own_device == config.device:
            return replace(config, device=worker.config.device)
        worker.own_device = None
        return config

    def seat_anew(self, before: dict[AgentId, DeviceRef]) -> None:
        """After a configuration, with the phones that everybody had: nobody loses one, nobody gets a taken one."""
        there = [worker for worker in self.workers.values() if worker.state is not AgentState.LOGGED_OUT]
        kept = [worker for worker in there if before.get(worker.id) == worker.config.device]
        for worker in there:
            if worker not in kept and any(one.config.device == worker.config.device for one in kept):
                self._sit(worker, DeviceRef(worker.config.device.pbx, ""))
            kept.append(worker)

    def _taken(self, device: DeviceRef, by_other_than: Worker) -> bool:
        others = [one for one in self.workers.values() if one is not by_other_than]
        there = [one for one in others if one.state is not AgentState.LOGGED_OUT]
        return device.device != "" and any(one.config.device == device for one in there)

    @staticmethod
    def _sit(worker: Worker, device: DeviceRef) -> None:
        own = worker.own_device if worker.own_device is not None else worker.config.device
        worker.own_device = None if device == own else own
        worker.config = replace(worker.config, device=device)
