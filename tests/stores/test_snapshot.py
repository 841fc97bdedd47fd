import pytest

from callcenter.engine import Engine
from callcenter.events import AgentReady, AgentSignedIn, ConfigurationLoaded, CustomersFound, DeviceChanged, PbxSynced
from callcenter.stores.snapshot import SnapshotError, decode_snapshot, encode_snapshot
from callcenter.types import AgentId, DeviceRef, DeviceStatus, PbxName
from tests.test_recovery import AGENT, CONFIGURATION, arrival


def busy_engine() -> Engine:
    """An engine with a contact on offer, one waiting, and timers running."""
    engine = Engine.fresh(CONFIGURATION)
    device = DeviceRef(PbxName("main"), "PJSIP/1001")
    free = DeviceChanged(device, DeviceStatus.FREE)
    engine.handle(1, ConfigurationLoaded(CONFIGURATION))
    engine.handle(2, PbxSynced(PbxName("main"), (), (), (), (free,)))
    engine.handle(3, AgentSignedIn(AgentId(AGENT)))
    engine.handle(4, AgentReady(AgentId(AGENT)))
    for number in (1, 2):
        engine.handle(4 + number, arrival(number))
        engine.handle(6 + number, CustomersFound(arrival(number).contact, ()))
    return engine


def test_state_comes_back_equal_and_byte_for_byte() -> None:
    saved = busy_engine().snapshot()
    assert saved.offers
    data = encode_snapshot(saved)
    assert decode_snapshot(data) == saved
    assert encode_snapshot(decode_snapshot(data)) == data


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b'{"configuration": 1}', b"\xff"])
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(SnapshotError, match="no snapshot"):
        decode_snapshot(data)
