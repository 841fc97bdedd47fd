"""Asterisk's own records, as Asterisk 22 writes them."""

from pathlib import Path

import pytest

from callcenter.reconcile.calls import CDR_COLUMNS, Call, RecordsError, read_cdr, read_cel

DAY = "2026-11-22 09:"


def record(context: str, channel: str, peer: str, start: str, end: str, uniqueid: str) -> str:
    """A line of cdr_csv with all columns that callcenter/cdr.conf asks for."""
    who = ["", "+12125550102", "s", context, '""""" <+1>', channel, peer, "BridgeWait", "x,S(5)"]
    when = [DAY + start, DAY + start, DAY + end]
    text = ",".join(f'"{field}"' for field in (*who, *when))
    return f'{text},1,1,"ANSWERED","DOCUMENTATION","{uniqueid}","","","{uniqueid}",0\n'


# Somebody hangs up while waiting; somebody talks, with a leg of the agent's; somebody hears an announcement.
CDR = (
    record("callcenter-hold", "PJSIP/trunk-0", "", "04:55", "04:56", "55.3")
    + record("callcenter-agent", "PJSIP/1001-2", "", "04:57", "04:59", "main-57.6-1.1")
    + record("callcenter-parked", "PJSIP/trunk-1", "PJSIP/1001-2", "04:57", "04:58", "57.6")
    + record("callcenter-after", "PJSIP/trunk-1", "", "04:58", "04:59", "57.6")
    + record("callcenter-hold", "PJSIP/trunk-3", "Local/s@callcenter-announce-1;1", "05:00", "05:09", "60.1")
)
HELD, TALK = '{""bridge_id"":""a"",""bridge_technology"":""holding_bridge""}', '{""bridge_technology"":""native_rtp""}'


def event(kind: str, at: str, channel: str = "55.3", context: str = "callcenter-hold", extra: str = "") -> str:
    fields = [kind, at, "", "+1", "", "", "", "s", context, "PJSIP/trunk-0", "", "", "3", "", channel, channel]
    return ",".join(f'"{field}"' for field in [*fields, "", "", "", extra]) + "\n"


CEL = (
    event("CHAN_START", "1000.000000", context="from-trunk")
    + event("BRIDGE_ENTER", "1000.100000", extra=HELD)
    + event("CHAN_START", "1001.000000", "main-55.3-1.1", "from-agents")
    + event("BRIDGE_EXIT", "1002.000000", extra=HELD)
    + event("BRIDGE_ENTER", "1002.000900", extra=TALK)
    + event("BRIDGE_ENTER", "1002.001000", "main-55.3-1.1", "callcenter-agent", TALK)
    + event("BRIDGE_EXIT", "1004.500000", extra=TALK)
    + event("BRIDGE_ENTER", "1004.600000", context="callcenter-parked", extra=HELD)
    + event("BRIDGE_EXIT", "1005.600000", context="callcenter-parked", extra=HELD)
    + event("BRIDGE_ENTER", "1005.700000", context="callcenter-parked", extra=TALK)
    + event("CHAN_END", "1006.700000", context="callcenter-after")
    + event("CHAN_START", "1007.000000", "60.1", "from-trunk")
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "Master.csv"
    path.write_text(text)
    return path


def test_records_of_one_channel_are_one_call(tmp_path: Path) -> None:
    with read_cdr(written(tmp_path, CDR)) as calls:
        found = calls.of(["55.3", "57.6", "60.1", "nobody"])
        began_ms = 1_795_338_295_000
        assert found["55.3"] == Call("55.3", began_ms, began_ms + 1_000, ours=True, bridged=False)
        assert found["57.6"] == Call("57.6", began_ms + 2_000, began_ms + 4_000, ours=True, bridged=True)
        assert not found["60.1"].bridged  # an announcement is nobody
        assert (len(found), calls.lines, calls.ours) == (3, 5, 3)
        assert (calls.first_ms, calls.last_ms) == (began_ms, began_ms + 14_000)


def test_events_tell_how_long_a_caller_talked(tmp_path: Path) -> None:
    with read_cel(written(tmp_path, CEL)) as calls:
        found = calls.of(["55.3", "main-55.3-1.1", "60.1"])
        assert found["55.3"] == Call("55.3", 1_000_000, 1_006_700, True, True, 1_002_000, 3_499)
        assert not found["main-55.3-1.1"].ours
        assert found["60.1"].ended_ms is None


def test_calls_that_nobody_asked_for_are_told_a_page_at_a_time(tmp_path: Path) -> None:
    lines = "".join(event("CHAN_END", f"{1000 + number}", f"55.{number}") for number in range(5))
    with read_cel(written(tmp_path, lines + CEL)) as calls:
        calls.of(["55.2"])
        pages = [[one.uniqueid for one in page] for page in calls.not_found(2)]
        assert pages == [["55.0", "55.1"], ["55.3", "55.4"]]


def test_columns_may_be_named_in_the_first_line(tmp_path: Path) -> None:
    text = "calldate,start,end,dcontext,channel,dstchannel,uniqueid\nx,2026-11-22T09:04:55Z,2026-11-22 09:04:56,"
    with read_cdr(written(tmp_path, text + "callcenter-hold,PJSIP/a,PJSIP/b,1.1\n")) as calls:
        assert calls.of(["1.1"])["1.1"] == Call("1.1", 1_795_338_295_000, 1_795_338_296_000, True, True)


def test_line_that_is_being_written_is_left_out_and_a_broken_one_is_named(tmp_path: Path) -> None:
    with read_cdr(written(tmp_path, CDR + '"","+4","s"')) as calls:
        assert calls.lines == 5
    with pytest.raises(RecordsError, match="line 6: 3 columns"):
        read_cdr(written(tmp_path, CDR + '"","+4","s"\n' + CDR))
    with pytest.raises(RecordsError, match="line 1: 16 columns"):
        read_cdr(written(tmp_path, ",".join(f'"{name}"' for name in CDR_COLUMNS[:16]) + "\n"))
    with pytest.raises(RecordsError, match="no time"):
        read_cdr(written(tmp_path, CDR.replace(DAY + "04:55", "yesterday", 1)))
    with pytest.raises(RecordsError, match="cannot be read"):
        read_cel(tmp_path / "nowhere.csv")
