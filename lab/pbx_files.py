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
# A packaged Asterisk has these; without them each start would complain of what nobody uses here.
DEFAULTS = {
    "acl.conf": "",
    "ccss.conf": "",
    "features.conf": "",
    "indications.conf": "[general]\ncountry = us\n\n[us]\ndescription = us\nringcadence = 2000,4000\ndial = 350+440\n",
    "pjproject.conf": "",
    "pjsip_notify.conf": "",
    "udptl.conf": "",
}
# What an admin does to have the PBX's own records of calls: each file takes the one beside it in callcenter/.
RECORDS = ("cdr.conf", "cel.conf", "cel_custom.conf")
RECORDS_MODULES = ("cdr_csv.so", "res_cdrel_custom.so", "cel_custom.so")
RECORDS_FOLDERS = ("cdr-csv", "cel-custom")  # which Asterisk does not make
EXTENDABLE = frozenset({"extensions.conf", "manager.conf", "pjsip.conf", "queues.conf"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a PBX's own files say. `folder` is its run directory as Asterisk sees it, `run` the one of its socket."""

    folder: str
    run: str
    data: str
    sip_port: int
    ami_port: int
    ami_tls_port: int | None
    ami_secret: str
    agents: Sequence[str]
    agent_password: str | None
    extra: Mapping[str, str]
    records: bool = False


def check_extra(extra: Mapping[str, str]) -> None:
    """Raise ValueError where text is given for a file that takes none."""
    unknown = sorted(set(extra) - EXTENDABLE)
    if unknown:
        raise ValueError(f"extra text is for {', '.join(sorted(EXTENDABLE))}, not for {', '.join(unknown)}")


def write(folder: Path, plan: Plan) -> None:
    """Write a PBX's whole configuration to `folder`.

    What Asterisk remembers in `var`, such as registered phones, is kept.
    """
    etc = folder / "etc"
    shutil.rmtree(etc, ignore_errors=True)
    shutil.copytree(SHIPPED, etc)
    for name in ("log", "var", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in DEFAULTS.items():
        (etc / name).write_text(text or "; The defaults will do.\n")
    with (etc / "asterisk.conf").open("a") as file:
        file.write(_directories(plan))
    write_private(etc / "callcenter/secret.conf", f"secret = {plan.ami_secret}\n")
    lab = etc / "lab"
    lab.mkdir()
    (lab / "pjsip-transport.conf").write_text(f"bind = 127.0.0.1:{plan.sip_port}\n")
    (lab / "pjsip.conf").write_text(_phones(plan.agents, plan.agent_password) + plan.extra.get("pjsip.conf", ""))
    general = f"port = {plan.ami_port}\n"
    if plan.ami_tls_port is not None:
        write_certificate(lab / "ami.crt", lab / "ami.key")
        general += (
            f"tlsenable = yes\ntlsbindaddr = 127.0.0.1:{plan.ami_tls_port}\n"
            f"tlscertfile = {plan.folder}/etc/lab/ami.crt\ntlsprivatekey = {plan.folder}/etc/lab/ami.key\n"
        )
    (lab / "manager-general.conf").write_text(general)
    for name in ("extensions.conf", "manager.conf", "queues.conf"):
        (lab / name).write_text(plan.extra.get(name, ""))
    if plan.records:
        _keep_records(folder)


def _keep_records(folder: Path) -> None:
    for name in RECORDS:
        (folder / "etc" / name).write_text(f'#include "callcenter/{name}"\n')
    for name in RECORDS_FOLDERS:
        (folder / "log" / name).mkdir(exist_ok=True)
    with (folder / "etc/modules.conf").open("a") as file:
        file.writelines(f"load = {module}\n" for module in RECORDS_MODULES)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


def _directories(plan: Plan) -> str:
    return f"""
[directories]
astetcdir => {plan.folder}/etc
astvarlibdir => {plan.folder}/var
astdbdir => {plan.folder}/var
astspooldir => {plan.folder}/spool
astlogdir => {plan.folder}/log
astrundir => {plan.run}
astdatadir => {plan.data}
"""


def _phones(agents: Sequence[str], password: str | None) -> str:
    parts = []
    for agent in agents:
        auth = f"auth = {agent}\n" if password else ""
        parts.append(f"[{agent}](agent)\naors = {agent}\n{auth}\n[{agent}](agent-aor)\n")
        if password:
            parts.append(f"[{agent}]\ntype = auth\nauth_type = userpass\nusername = {agent}\npassword = {password}\n")
    return "\n".join(parts) + "\n"
