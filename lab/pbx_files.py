"""The files that a laboratory PBX starts from: `config/asterisk/` as it is, and small generated files beside it.

The shipped files pull the generated ones in with `#tryinclude "lab/..."`, so what a user includes is what is tested.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.install import PROJECT
from lab.tls import write_certificate

SHIPPED = PROJECT / "config/asterisk"
EXTENDABLE = frozenset({"extensions.conf", "manager.conf", "pjsip.conf", "queues.conf"})


@dataclass(frozen=True, slots=True)
class Ports:
    sip: int
    ami: int
    ami_tls: int | None


def write(
    folder: Path,
    inside: str,
    run: str,
    ports: Ports,
    agents: Sequence[str],
    password: str | None,
    secret: str,
    extra: Mapping[str, str],
) -> None:
    """Write a PBX's whole configuration to `folder`, which Asterisk itself sees as `inside`; `run` is for its socket.

    What Asterisk remembers in `var`, such as registered phones, is kept.
    """
    unknown = sorted(set(extra) - EXTENDABLE)
    if unknown:
        raise ValueError(f"extra text is for {', '.join(sorted(EXTENDABLE))}, not for {', '.join(unknown)}")
    etc = folder / "etc"
    shutil.rmtree(etc, ignore_errors=True)
    shutil.copytree(SHIPPED, etc)
    for name in ("log", "var", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with (etc / "asterisk.conf").open("a") as file:
        file.write(_directories(inside, run))
    (etc / "callcenter/secret.conf").write_text(f"secret = {secret}\n")
    (etc / "callcenter/secret.conf").chmod(0o600)
    lab = etc / "lab"
    lab.mkdir()
    (lab / "pjsip-transport.conf").write_text(f"bind = 127.0.0.1:{ports.sip}\n")
    (lab / "pjsip.conf").write_text(_phones(agents, password) + extra.get("pjsip.conf", ""))
    general = f"port = {ports.ami}\n"
    if ports.ami_tls is not None:
        write_certificate(lab / "ami.crt", lab / "ami.key")
        general += (
            f"tlsenable = yes\ntlsbindaddr = 127.0.0.1:{ports.ami_tls}\n"
            f"tlscertfile = {inside}/etc/lab/ami.crt\ntlsprivatekey = {inside}/etc/lab/ami.key\n"
        )
    (lab / "manager-general.conf").write_text(general)
    for name in ("extensions.conf", "manager.conf", "queues.conf"):
        (lab / name).write_text(extra.get(name, ""))


def _directories(inside: str, run: str) -> str:
    return f"""
[directories]
astetcdir => {inside}/etc
astvarlibdir => {inside}/var
astdbdir => {inside}/var
astspooldir => {inside}/spool
astlogdir => {inside}/log
astrundir => {run}
astdatadir => /usr/share/asterisk
"""


def _phones(agents: Sequence[str], password: str | None) -> str:
    parts = []
    for agent in agents:
        auth = f"auth = {agent}\n" if password else ""
        parts.append(f"[{agent}](agent)\naors = {agent}\n{auth}\n[{agent}](agent-aor)\n")
        if password:
            parts.append(f"[{agent}]\ntype = auth\nauth_type = userpass\nusername = {agent}\npassword = {password}\n")
    return "\n".join(parts) + "\n"
