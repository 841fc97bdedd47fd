"""Fixtures for tests on a real Asterisk with SIPp: mark such tests with `@pytest.mark.pbx`.

`pbx` is one Asterisk for the whole session (it starts in a third of a second), given to each test without a channel on
it and with the default globals. `new_pbx` makes one of a test's own, for tests that stop it or configure it.
"""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator

import pytest

from lab.install import Installation, PbxUnavailable, find
from lab.pbx import Pbx, PbxFailed

NewPbx = Callable[..., Pbx]


@pytest.fixture(scope="session")
def pbx_installation() -> Installation:
    """The Asterisk of this machine; without one, or without SIPp, tests are skipped, or fail where all are required."""
    why = "there is no `sipp` here: install the package sip-tester" if shutil.which("sipp") is None else None
    installation = None
    try:
        installation = find()
        if installation is None:
            why = "there is no Asterisk here: run `python -m lab.pbx install`"
    except PbxUnavailable as error:
        why = str(error)
    if installation is None or why is not None:
        if os.environ.get("CALLCENTER_REQUIRE_ALL") == "1":
            pytest.fail(f"CALLCENTER_REQUIRE_ALL=1, but {why}")
        pytest.skip(str(why))
    return installation


@pytest.fixture(scope="session")
def shared_pbx(pbx_installation: Installation) -> Iterator[Pbx]:
    with Pbx("tests", agents=50, tls=True, installation=pbx_installation) as pbx:
        yield pbx


@pytest.fixture
def pbx(shared_pbx: Pbx) -> Iterator[Pbx]:
    yield shared_pbx
    try:
        shared_pbx.hang_up_all()
    except PbxFailed as error:
        # What a test left behind is that test's to notice; the next one gets a PBX without it.
        warnings.warn(f"the PBX is started anew: {error}", stacklevel=1)
        shared_pbx.restart()
    shared_pbx.cli("dialplan set global CALLCENTER_PATIENCE 10")
    shared_pbx.cli("dialplan set global CALLCENTER_EPOCH 0")


@pytest.fixture
def new_pbx(pbx_installation: Installation) -> Iterator[NewPbx]:
    """Make a PBX that is not started yet: `new_pbx(agents=3, extra={...})`; it is removed after the test."""
    made: list[Pbx] = []

    def make(**options: object) -> Pbx:
        made.append(Pbx("test", installation=pbx_installation, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for pbx in made:
        pbx.remove()
