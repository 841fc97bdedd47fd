"""What we started ends with us, whoever forgets it."""

import os
import signal
import subprocess
import sys

import pytest

from lab.install import PROJECT

# A child that ends in order when told to, and one that does not listen.
SCRIPT = """
import subprocess, sys, time
from lab import children
children.END_LIMIT_S = 0.5
for deaf in (False, True):
    program = "import signal, time; "
    program += "signal.signal(signal.SIGTERM, signal.SIG_IGN); " if deaf else ""
    program += "print('up', flush=True); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True)
    children.ends_with_us(child)
    child.stdout.readline()
    print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, None], ids=["ctrl-c", "its own end"])
def test_children_end_with_us(how: signal.Signals | None) -> None:
    script = SCRIPT if how else SCRIPT.removesuffix("time.sleep(600)\n")
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        if how is not None:
            parent.send_signal(how)
        parent.wait(30)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
