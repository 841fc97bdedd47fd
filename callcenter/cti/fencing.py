"""The fencing token at the PBX: which daemon's word counts there.

One idea: what has to be protected keeps the token. A daemon that takes over raises GLOBAL(CALLCENTER_EPOCH) before it
asks for anything else; one that was in charge before sees it at its next heartbeat, even where Redis is out of its
reach, and ends. A phone that it rings meanwhile gets no caller: the leg carries its epoch, and the dialplan compares.
Legs that ring at the takeover are the new one's from then on, and get its epoch.
"""

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from callcenter.cti.ami.protocol import AmiError, AmiProtocol
from callcenter.cti.ami.wire import Action, Message

VARIABLE = "CALLCENTER_EPOCH"  # on the legs of agents' phones, and among the PBX's globals


class Fence:
    """One daemon's token. `fenced` is called with the epoch that the PBX holds, where that is a higher one."""

    def __init__(self, epoch: int, fenced: Callable[[int], None]) -> None:
        self.epoch = epoch
        self._fenced = fenced

    async def claim(self, protocol: AmiProtocol) -> None:
        """Make our epoch the PBX's. Raises AmiError where it has a higher one, or does not answer."""
        self._compare(await protocol.send(_question()))
        await protocol.send(self._claim())

    def look(self, protocol: AmiProtocol) -> None:
        """Ask whether it still is; where the PBX has lost it (`dialplan reload` may), tell it again."""

        def answered(answer: Message) -> Deferred[Message] | None:
            return None if self._compare(answer) else protocol.send(self._claim())

        protocol.send(_question()).addCallback(answered).addErrback(_unanswered)

    def adopt(self, leg: str) -> Action:
        """Make ours a leg that an earlier daemon's Originate has made."""
        return Action("Setvar", {"Channel": leg, "Variable": VARIABLE, "Value": str(self.epoch)})

    def _claim(self) -> Action:
        return Action("Setvar", {"Variable": f"GLOBAL({VARIABLE})", "Value": str(self.epoch)})

    def _compare(self, answer: Message) -> bool:
        """Whether the PBX holds our epoch. Raises FencedByPbxError where it holds a higher one."""
        value = answer.get("Value")
        newest = int(value) if value.isdecimal() else 0
        if newest > self.epoch:
            self._fenced(newest)
            raise FencedByPbxError(
                f"another daemon has taken over at the PBX: its epoch is {newest}, ours {self.epoch}"
            )
        return newest == self.epoch


class FencedByPbxError(AmiError):
    """The PBX listens to a newer daemon than this one."""


def _unanswered(failure: Failure) -> None:
    """The next heartbeat asks again; a PBX that does not answer at all loses its connection by the pings."""
    failure.trap(AmiError)  # type: ignore[no-untyped-call]


def _question() -> Action:
    return Action("Getvar", {"Variable": f"GLOBAL({VARIABLE})"})
