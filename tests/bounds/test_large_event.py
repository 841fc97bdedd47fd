"""The PBX says a megabyte in one piece: the connection is made anew, and everybody is where they were."""

from pathlib import Path
from typing import Any

import pytest

from tests.bounds.floor import VISITOR, floor_in
from tests.helpers import run_async

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis_executable")]

MEGABYTE = b"x" * 1_000_000


@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["ended", "endless"])
@run_async
async def test_callers_keep_their_places(end: bytes, tmp_path: Path) -> None:
    async with floor_in(tmp_path) as floor:
        callers = [floor.pbx.call(VISITOR) for _ in range(2)]
        await floor.center.until_metric('callcenter_contacts_waiting{queue="general"}', 2)
        (link,) = floor.pbx._links
        transport: Any = link.transport
        transport.write(b"Event: UserEvent\r\nData: " + MEGABYTE + end)
        await floor.center.until_metric('callcenter_ami_reconnects_total{pbx="main"}', 1)
        parts = await floor.center.until(lambda parts: parts["pbx"]["ok"], "the PBX to be back")
        assert "it was lost 1 times" in parts["pbx"]["words"]
        assert "a frame of more than 262144 bytes" in floor.center.log()
        assert (await floor.center.metrics())['callcenter_contacts_waiting{queue="general"}'] == 2
        await floor.be_ready()
        await floor.anna.until(lambda: len(floor.conversations) == 2, "both callers")
        assert [contact.removeprefix("main-") for contact in floor.conversations] == [f"{one}-1" for one in callers]
        await floor.until_logged(2)
        await floor.anna.leave()
