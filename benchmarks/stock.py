"""The stock variant: Asterisk's own app_queue, set up as well for this load as its settings allow.

`retry` is the least that app_queue takes: it reads 0 as its default of 5 s. It decides only after a ring that nobody
answered; that a free agent waits for up to a second for a caller is app_queue's own rescan, which no setting changes.
"""

from collections.abc import Sequence

DIALLED = "7000"
NAME = "bench"
SETTINGS = {
    "strategy": "leastrecent",  # longest idle first, as the daemon does
    "autofill": "yes",
    "ringinuse": "no",
    "wrapuptime": "0",
    "timeout": "15",
    "retry": "1",
    "timeoutrestart": "yes",
    "memberdelay": "0",
    "joinempty": "yes",
    "leavewhenempty": "no",
    "announce-frequency": "0",
    "periodic-announce-frequency": "0",
    "reportholdtime": "no",
    "setinterfacevar": "no",
    "musicclass": "default",
}


def configuration(agents: Sequence[str]) -> dict[str, str]:
    """What the laboratory PBX needs besides: the queue, all agents its static members, a number that leads to it."""
    lines = [f"[{NAME}]", *(f"{key} = {value}" for key, value in SETTINGS.items())]
    lines += [f"member => PJSIP/{agent}" for agent in agents]
    dialplan = f"""[from-trunk]
exten => {DIALLED},1,Gosub(ivr,s,1)
 same => n,Answer()
 same => n,Queue({NAME})
 same => n,Hangup()
"""
    return {"queues.conf": "\n".join(lines) + "\n", "extensions.conf": dialplan}


def described() -> str:
    """The settings in one line."""
    return ", ".join(f"{key}={value}" for key, value in SETTINGS.items())
