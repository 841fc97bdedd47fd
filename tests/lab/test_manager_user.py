"""The daemon's manager user can do what the daemon does, and nothing else."""

import asyncio
import socket
import time

import pytest

from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, value
from tests.lab.capture import arrive, offer
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx

WANTED = {
    "Newchannel",
    "Newstate",
    "Hangup",
    "BridgeEnter",
    "BridgeLeave",
    "OriginateResponse",
    "DeviceStateChange",
    "UserEvent",
    "FullyBooted",
}


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show channels"}),
        ("CoreStatus", {}),
        ("Reload", {}),
        ("ModuleLoad", {"Module": "app_voicemail.so", "LoadType": "load"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("Filter", {"Operation": "Add", "Filter": "Event: Newchannel"}),
        ("UserEvent", {"UserEvent": "CallcenterArrived"}),
        ("DBGet", {"Family": "registrar", "Key": "contact"}),
        ("DialplanExtensionAdd", {"Context": "x", "Extension": "1", "Priority": "1", "Application": "NoOp"}),
    ],
)
@run_async
async def test_it_is_refused_what_the_daemon_need_not_do(pbx: Pbx, action: str, headers: dict[str, str]) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        answer = await ami.action(action, *headers.items())
        assert (value(answer, "Response"), value(answer, "Message")) == ("Error", "Permission denied")


@run_async
async def test_it_may_not_originate_into_an_application_that_runs_programs(pbx: Pbx) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        answer = await ami.action("Originate", Channel="PJSIP/1001", Application="System", Data="id", Async="true")
        assert value(answer, "Response") == "Error"
        assert "Forbidden" in value(answer, "Message")


@run_async
async def test_a_wrong_secret_is_refused(pbx: Pbx) -> None:
    with pytest.raises(PermissionError, match="Authentication failed"):
        await AmiProbe.connect(pbx.ami_port, "wrong")


@run_async
async def test_it_can_do_all_that_the_daemon_does_and_hears_only_what_it_uses(pbx: Pbx) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        await ami.event("FullyBooted")
        assert value(await ami.action("Ping"), "Ping") == "Pong"
        beat = await ami.action("Setvar", Variable="CALLCENTER_BEAT", Value="1700000000123")
        assert value(beat, "Response") == "Success"
        await ami.action("DeviceStateList")
        await ami.event("DeviceStateListComplete")
        with (
            Phones.answering(pbx.sip_port, ["1001"], after_ms=100),
            Callers(pbx.sip_port, [Caller("0301", "5010")], hold_ms=1_500),
        ):
            channel = await arrive(ami)
            assert value(await offer(ami, channel), "Response") == "Success"
            await ami.event("BridgeEnter", Uniqueid="offer-1")
            setvar = await ami.action("Setvar", Channel=channel, Variable="CALLCENTER_CONNECTED", Value="offer-1")
            assert value(setvar, "Response") == "Success"
            await ami.action("Status", Variables="CALLCENTER_CONTACT,CALLCENTER_CONNECTED")
            await ami.event("StatusComplete")
            mine = value(await ami.event("Status", Uniqueid=channel), "Variable")
            assert mine == f"CALLCENTER_CONTACT={channel}-1"
            hangup = await ami.action("Hangup", Channel="offer-1")
            assert value(hangup, "Response") == "Success"
            await ami.event("Hangup", Uniqueid=channel)
        listed = {"Status", "StatusComplete", "DeviceStateListComplete"}
        heard = {value(frame, "Event") for frame in ami.frames} - {""} - listed
        assert heard == WANTED


@run_async
async def test_hanging_up_an_offer_never_takes_another_whose_id_begins_alike(pbx: Pbx) -> None:
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        with Phones.silent(pbx.sip_port, ["1001"]), Callers(pbx.sip_port, [Caller("0301", "5011")], hold_ms=1_500):
            channel = await arrive(ami)
            await offer(ami, channel, name="offer-10")
            await ami.event("Newstate", Uniqueid="offer-10", ChannelStateDesc="Ringing")
            answer = await ami.action("Hangup", Channel="offer-1")
            assert value(answer, "Message") == "No such channel"
            await ami.action("Hangup", Channel="offer-10")


@run_async
async def test_one_that_logs_in_during_the_boot_is_told_when_it_may_begin(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=50)
    booting = asyncio.ensure_future(asyncio.to_thread(pbx.start))
    deadline = time.monotonic() + 20
    while True:
        assert time.monotonic() < deadline
        try:
            socket.create_connection((pbx.host, pbx.ami_port)).close()
            break
        except OSError:
            await asyncio.sleep(0.002)
    async with await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        await ami.event("FullyBooted")
        assert value(await ami.action("DeviceStateList"), "Response") == "Success"
    await booting
