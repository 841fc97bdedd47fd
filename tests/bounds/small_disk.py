"""A disk that a test can fill: a small one of its own where this machine lets us mount one, and everywhere a limit.

The limit (RLIMIT_FSIZE) lets a running process write no more to any file, which its own files notice as a full disk; a
redis-server dies of it. So the one stands for a disk that everything shares, the other for one that is also too much
for Redis.
"""

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab.center import Center

_SIZE = "24m"
_PAGE = b"x" * 4_096


class SmallDisk:
    """`fill` it while a center runs in `folder`, and `make_room` again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, center: Center) -> None:
        with contextlib.suppress(OSError), (self.folder / "fill").open("wb", buffering=0) as file:
            while file.write(_PAGE) == len(_PAGE):
                pass

    def make_room(self, center: Center) -> None:
        (self.folder / "fill").unlink()


class Limited(SmallDisk):
    def fill(self, center: Center) -> None:
        _limit(_daemon(center), 0)
        redis = center.data_dir / "redis" / "redis.pid"
        if redis.exists():
            _limit(int(redis.read_text()), 0)

    def make_room(self, center: Center) -> None:
        _limit(_daemon(center), resource.RLIM_INFINITY)


def _daemon(center: Center) -> int:
    assert center.daemon is not None
    return center.daemon.pid


def _limit(pid: int, most: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[SmallDisk]:
    """Raises CalledProcessError where nothing can be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def limited(folder: Path) -> Iterator[SmallDisk]:
    folder.mkdir()
    yield Limited(folder)


def can_mount() -> bool:
    """Whether a new name space of mounts may be made, which takes the same right."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False
