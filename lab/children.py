"""Processes that end with ours, also where nobody gets to stop them: at Ctrl-C in the middle of a test."""

import atexit
import subprocess

END_LIMIT_S = 10.0

_children: list[subprocess.Popen[bytes]] = []


def ends_with_us(child: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """Remember a child that has a session of its own, so that no terminal ends it; returns it."""
    _children[:] = [each for each in _children if each.poll() is None]
    _children.append(child)
    return child


@atexit.register
def end_all() -> None:
    """In order, and by force whoever takes longer than ten seconds."""
    left = [child for child in _children if child.poll() is None]
    for child in left:
        child.terminate()
    for child in left:
        try:
            child.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
