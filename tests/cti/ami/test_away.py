from callcenter.commands import SendAway
from callcenter.cti.ami import away
from callcenter.cti.ami.mirror import Caller, Mirror
from callcenter.events import ContactArrived
from callcenter.types import ChannelRef, ContactId, Outcome, PbxName

CHANNEL = ChannelRef(PbxName("main"), "17.1")
ANNA = ContactId("main-17.1-1")


def holding() -> Mirror:
    mirror = Mirror()
    mirror.callers["17.1"] = Caller("17.1", ContactArrived(ANNA, CHANNEL, None, "", "100"))
    return mirror


def test_the_mark_comes_before_the_move() -> None:
    mark, move = away.actions(holding(), SendAway(ANNA, CHANNEL, Outcome.CLOSED))
    assert (mark.name, mark.keys["Value"]) == ("Setvar", "closed")
    assert (move.name, move.keys["Context"], move.keys["Exten"]) == ("Redirect", "callcenter-away", "closed")


def test_a_message_of_a_rules_own() -> None:
    assert away.actions(holding(), SendAway(ANNA, CHANNEL, Outcome.CLOSED, "holiday"))[1].keys["Exten"] == "holiday"


def test_who_is_gone_is_not_sent_away() -> None:
    assert away.actions(Mirror(), SendAway(ANNA, CHANNEL, Outcome.CLOSED)) == ()
