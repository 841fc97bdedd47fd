"""How an agent's leg ended, from what the PBX says of it: a hang-up cause, or the result of the dialplan's Bridge().

The one idea: the same cause means another thing before the phone rang, while it rang and once it was answered.
"""

from collections.abc import Mapping
from types import MappingProxyType

from callcenter.cti.ami.mirror import Phase
from callcenter.types import LegEnd

ANSWERED_ELSEWHERE = "26"  # a phone that is told so lists no missed call

# Hang-up causes (ITU-T Q.850, with Asterisk's 0 for "none given") of a leg that was never in a bridge with its caller:
# what it means if the phone had not rung, if it had, and if it had been answered. A phone that is registered but silent
# ends with 19, "no answer", too; only that it never rang tells it from one that nobody picked up.
_QUIET = (LegEnd.UNREACHABLE, LegEnd.NO_ANSWER, LegEnd.BUSY)
_BUSY = (LegEnd.BUSY,) * 3
_UNREACHABLE = (LegEnd.UNREACHABLE,) * 3
_FAILED = (LegEnd.FAILED,) * 3
LEG_ENDS: Mapping[int, tuple[LegEnd, LegEnd, LegEnd]] = MappingProxyType(
    {
        0: _QUIET,  # none given: we hung up, or the PBX gave up
        16: _QUIET,  # normal clearing
        18: _QUIET,  # no user responding
        19: _QUIET,  # no answer from the user
        26: (LegEnd.UNREACHABLE, LegEnd.NO_ANSWER, LegEnd.TAKEN),  # answered elsewhere
        31: _QUIET,  # normal, unspecified
        102: _QUIET,  # a timer of the signalling ran out
        17: _BUSY,
        21: _BUSY,  # call rejected
        1: _UNREACHABLE,  # unallocated number
        2: _UNREACHABLE,  # no route to the transit network
        3: _UNREACHABLE,  # no route to the destination
        20: _UNREACHABLE,  # subscriber absent
        22: _UNREACHABLE,  # number changed
        27: _UNREACHABLE,  # destination out of order
        28: _UNREACHABLE,  # invalid number format
        34: _UNREACHABLE,  # no circuit available
        38: _UNREACHABLE,  # network out of order
        41: _UNREACHABLE,  # temporary failure
        42: _UNREACHABLE,  # switching equipment congestion
        44: _UNREACHABLE,  # requested circuit not available
    }
)

# What the dialplan's own event says where the leg did not get the caller; anything else is FAILED.
BRIDGE_RESULTS = MappingProxyType({"NONEXISTENT": LegEnd.CALLER_GONE, "TAKEN": LegEnd.TAKEN})


def leg_end(cause: str, phase: Phase) -> LegEnd:
    """How a leg ended that had come as far as `phase`, by the hang-up cause; an unknown cause is FAILED."""
    if phase is Phase.CONNECTED:
        return LegEnd.HUNG_UP
    silent, rang, answered = LEG_ENDS.get(int(cause) if cause.isdecimal() else -1, _FAILED)
    if phase is Phase.UP:
        return answered
    return rang if phase is Phase.RINGING else silent
