"""What waiting callers hear, as actions: a variable for the music, and an announcer for what is said.

The one idea: a caller who is spoken to stays where it is. Each caller waits in a holding bridge of its own, and what is
said comes in by another door: one half of a Local channel enters that bridge as its announcer, which stops the music,
and the other half plays the sounds. So an answer takes the caller away in the middle of a word.
"""

import logging

from callcenter.commands import PlaySounds, SetMusic
from callcenter.cti.ami.mirror import Mirror
from callcenter.cti.ami.wire import Action

log = logging.getLogger(__name__)

ANNOUNCER_LIMIT = 300  # that speak at one PBX at a time, two channels each; whoever would come next says nothing


def actions(mirror: Mirror, command: SetMusic | PlaySounds) -> tuple[Action, ...]:
    """What to send; nothing for a caller who is gone, or whose channel is a later contact's."""
    caller = mirror.callers.get(command.channel.channel)
    if caller is None or caller.arrival.contact != command.contact:
        log.debug("contact %s is gone already", command.contact)
        return ()
    if isinstance(command, SetMusic):
        keys = {"Channel": caller.channel, "Variable": "CALLCENTER_MUSIC", "Value": command.music}
        return (Action("Setvar", {"ActionID": f"{command.contact}:music", **keys}),)
    announcer = f"{command.contact}-says{command.number}"
    if announcer in mirror.announcers:
        return ()
    if len(mirror.announcers) >= ANNOUNCER_LIMIT:
        log.warning("contact %s is told nothing: %d announcers speak already", command.contact, ANNOUNCER_LIMIT)
        return ()
    mirror.announcers[announcer] = caller.channel
    return (_announcer(announcer, caller.channel, command),)


def silence(mirror: Mirror, caller: str) -> tuple[Action, ...]:
    """Who speaks to the caller stops: it has been answered, or is gone."""
    return tuple(
        Action("Hangup", {"ActionID": f"{announcer}:stop", "Channel": announcer})
        for announcer in mirror.speaking_to(caller)
    )


def _announcer(announcer: str, caller: str, command: PlaySounds) -> Action:
    keys = {
        "ActionID": announcer,
        "Async": "true",
        "ChannelId": announcer,
        "OtherChannelId": f"{announcer}-words",
        "Channel": "Local/words@callcenter-announce/n",
        "Context": "callcenter-announce",
        "Exten": "s",
        "Priority": "1",
    }
    variables = {
        "CALLCENTER_ROOM": command.contact.removeprefix(f"{command.channel.pbx}-"),
        "CALLCENTER_HEARER": caller,
        "CALLCENTER_SOUNDS": "&".join(command.sounds),
        "CALLCENTER_POSITION": "" if command.position is None else str(command.position),
    }
    return Action("Originate", keys, variables)
