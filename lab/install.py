"""Find an Asterisk on this machine, or put one there.

Debian's stable releases carry no `asterisk`, but its `sid` does: there a small root file system is made in the
project's own folder and Asterisk runs in it under `chroot`, as a plain process on the loopback interface. Elsewhere the
system's package is taken. An installation counts once its marker file is there, and the marker is written last:
whatever an interrupted run left behind is removed and made anew.
"""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCAL = PROJECT / ".local"
ROOT = LOCAL / "pbx-root"
MARKER = "callcenter-pbx-complete"  # inside the root; its presence is the proof of a whole installation
PACKAGES = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm")
INSTALL_LIMIT_S = 1_800
ARCHIVE_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

Say = Callable[[str], None]


class PbxUnavailable(Exception):  # noqa: N818 - it names a state of the machine
    """There is no PBX here and none can be installed. The message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where Asterisk is: `root` is None for the system's own, else the folder to `chroot` into."""

    root: Path | None
    binary: str

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs this Asterisk with `arguments`."""
        inside = [self.binary, *arguments]
        return inside if self.root is None else ["chroot", str(self.root), *inside]

    def version(self) -> str:
        """Such as "Asterisk 22.10.1"."""
        return re.split(r"[+~]", _run(self.command("-V"), limit_s=30).strip(), maxsplit=1)[0]


def find() -> Installation | None:
    """The Asterisk that is here already, the system's own first. None when there is none."""
    binary = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if binary is not None:
        return Installation(None, binary)
    if (ROOT / MARKER).exists():
        if os.geteuid() != 0:
            raise PbxUnavailable(f"the PBX in {ROOT} runs under chroot, which only root may do: run this as root")
        return Installation(ROOT, "/usr/sbin/asterisk")
    return None


def install(say: Say = print) -> Installation:
    """Find Asterisk, or install it: takes some minutes and about 600 MB the first time, nothing after that.

    Raises PbxUnavailable, with the reason, where that is not possible.
    """
    found = find()
    if found is not None:
        return found
    system = _os_release()
    if os.geteuid() != 0:
        raise PbxUnavailable(
            "no `asterisk` is installed, and only root can install one: run this as root, or have the package "
            "`asterisk` installed"
        )
    if shutil.which("apt-get") is None:
        name = system.get("PRETTY_NAME", "this system")
        raise PbxUnavailable(
            f"no `asterisk` is installed, and it can be installed here only on Debian or Ubuntu, not on {name}: "
            "install Asterisk 18 or later yourself and run this again"
        )
    if _has_package("asterisk"):
        _install_package(say)
    elif system.get("ID") == "debian":
        _install_root(say)
    else:
        raise PbxUnavailable(
            "the package `asterisk` is in none of this machine's archives: enable the one that has it (on Ubuntu: "
            "`universe`), run `apt-get update`, and run this again"
        )
    made = find()
    if made is None:
        raise PbxUnavailable("the installation went through, but there is no `asterisk` afterwards")
    say(f"installed {made.version()}")
    return made


def _install_package(say: Say) -> None:
    """Install the system's package without letting it start a service on the usual ports.

    A policy-rc.d that is there already is the admin's and stays as it is.
    """
    say("installing the package asterisk with apt-get")
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        _write_policy(policy)
    try:
        _apt(["install", "--yes", "--no-install-recommends", *PACKAGES])
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def _install_root(say: Say) -> None:
    if shutil.which("debootstrap") is None:
        say("installing debootstrap with apt-get")
        _apt(["install", "--yes", "--no-install-recommends", "debootstrap"])
    if ROOT.exists():
        say(f"removing a half-made PBX in {ROOT}")
        remove_root()
    mirror = _mirror()
    say(f"putting Debian sid and Asterisk into {ROOT} (about 600 MB, some minutes)")
    LOCAL.mkdir(parents=True, exist_ok=True)
    keyring = [f"--keyring={ARCHIVE_KEYRING}"] if ARCHIVE_KEYRING.exists() else []
    _run(
        ["debootstrap", "--variant=minbase", "--force-check-gpg", *keyring, "sid", str(ROOT), mirror],
        limit_s=INSTALL_LIMIT_S,
    )
    _write_policy(ROOT / "usr/sbin/policy-rc.d")
    write_name_files(ROOT)
    resolver = Path("/etc/resolv.conf")
    if resolver.exists():
        shutil.copy(resolver, ROOT / "etc/resolv.conf")
    _copy_proxy(ROOT)
    say("installing asterisk in it")
    _apt(["update"], root=ROOT)
    _apt(["install", "--yes", "--no-install-recommends", *PACKAGES], root=ROOT)
    _apt(["clean"], root=ROOT)
    (ROOT / MARKER).write_text("complete\n")


def remove_root() -> None:
    """Delete the project's PBX root. Refuses when something is mounted inside, so that nothing else is deleted."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    inside = [line.split()[1] for line in mounts if line.split()[1].startswith(f"{ROOT}/")]
    if inside:
        raise PbxUnavailable(f"{inside[0]} is mounted inside {ROOT}: unmount it and run this again")
    shutil.rmtree(ROOT)


def write_name_files(root: Path) -> None:
    """Make the host's own name resolvable inside `root` without DNS: each call would wait for it otherwise."""
    name = socket.gethostname()
    _write(root / "etc/hosts", f"127.0.0.1 localhost {name}\n::1 localhost\n")
    switch = root / "etc/nsswitch.conf"
    text = switch.read_text() if switch.exists() else ""
    line = "hosts: files dns"  # `files` first: DNS is for the installation only
    text = re.sub(r"(?m)^hosts:.*$", line, text) if re.search(r"(?m)^hosts:", text) else f"{text}{line}\n"
    _write(switch, text)


def _write(path: Path, text: str) -> None:
    """Left alone where it says so already: another PBX may start in the same root and read it at this moment."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _mirror() -> str:
    """The Debian mirror that this machine itself uses, from apt's configuration."""
    listed = _run(["apt-get", "indextargets", "--format", "$(SITE)|$(RELEASE)|$(CREATED_BY)"], limit_s=60)
    rows = [line.split("|") for line in listed.splitlines()]
    sites = [site for site, release, kind in rows if kind == "Packages" and "security" not in site + release]
    debian = [site for site in sites if site.rstrip("/").endswith("/debian")] or sites
    if not debian:
        raise PbxUnavailable("apt knows no Debian mirror: add one to /etc/apt/sources.list and run `apt-get update`")
    return debian[0]


def _copy_proxy(root: Path) -> None:
    """Take over the machine's apt proxy settings, if it has any, so that apt works inside too."""
    lines = _run(["apt-config", "dump", "Acquire::http"], limit_s=30) + _run(
        ["apt-config", "dump", "Acquire::https"], limit_s=30
    )
    proxies = [line for line in lines.splitlines() if "proxy" in line.lower() and not line.rstrip().endswith('"";')]
    (root / "etc/apt/apt.conf.d/90callcenter").write_text(
        "\n".join([*proxies, 'Acquire::Check-Valid-Until "false";', ""])
    )


def _has_package(name: str) -> bool:
    return bool(re.search(r"Candidate: (?!\(none\))\S", _run(["apt-cache", "policy", name], limit_s=60)))


def _apt(arguments: Sequence[str], root: Path | None = None) -> None:
    """apt-get with signature checks on. sid's index may be expired by some days on a mirror; that is accepted."""
    command = ["apt-get", "-o", "Acquire::Check-Valid-Until=false", "-o", "Dpkg::Use-Pty=0", *arguments]
    _run(command if root is None else ["chroot", str(root), *command], limit_s=INSTALL_LIMIT_S)


def _run(command: Sequence[str], limit_s: float) -> str:
    """Run to the end and return what it printed; raise PbxUnavailable with the last lines when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=limit_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PbxUnavailable(f"`{' '.join(command)}` failed: {error}") from error
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        tail = "\n".join(text.splitlines()[-8:])
        raise PbxUnavailable(f"`{' '.join(command)}` failed with status {done.returncode}:\n{tail}")
    return text


def _write_policy(path: Path) -> None:
    """Tell Debian's packages not to start their services."""
    path.write_text("#!/bin/sh\nexit 101\n")
    path.chmod(0o755)


def _os_release() -> dict[str, str]:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key: value.strip('"') for key, value in pairs}
