"""The admin's files read and checked as one: who works here, and the rules, from one file or a folder.

All that reads rules comes through here: the daemon's start, `callcenter rules check`, and whatever publishes, tests or
tries out rules before they are in force. No two of them can disagree on what is a mistake.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from callcenter import (
    admin_checks,
    admin_doubts,
    admin_expressions,
    admin_files,
    admin_hours,
    rules_folder,
    rules_model,
    schema,
    yaml_source,
)
from callcenter.types import Configuration, PbxName
from callcenter.yaml_source import Document, Mistake


@dataclass(frozen=True, slots=True)
class Given:
    """What the daemon's own settings say that the admin's files depend on."""

    pbx: PbxName
    device_prefix: str
    lookup_deadline_ms: int


@dataclass(frozen=True, slots=True)
class Made:
    """What files without mistakes come to."""

    configuration: Configuration
    agents: admin_files.AgentsFile
    routing: rules_model.RoutingFile


@dataclass(frozen=True, slots=True)
class Read:
    """The documents as they were written, everything that is wrong with them, and, where nothing is, what they make.

    `doubts` are no mistakes and hardly meant; they are looked for only where nothing is wrong.
    """

    agents: Document
    routing: Document
    mistakes: tuple[Mistake, ...]
    doubts: tuple[Mistake, ...]
    made: Made | None


def read(agents: Path, routing: Path, given: Given, now_ms: int | None = None) -> Read:
    """Read the agents' file and the rules, a file or a folder. Raises nothing.

    Opening hours are expanded from `now_ms` on, by default from now.
    """
    agents_document, routing_document = yaml_source.read(agents), rules_folder.read(routing)
    agents_file, mistakes = schema.validate(admin_files.AgentsFile, agents_document)
    routing_file, found = schema.validate(rules_model.RoutingFile, routing_document)
    mistakes = [*agents_document.mistakes, *mistakes, *routing_document.mistakes, *found]
    if not (agents_document.incomplete or routing_document.incomplete):
        mistakes += admin_checks.crossed(agents_document, routing_document, given.device_prefix)
        mistakes += admin_hours.wrong(routing_document)
        mistakes += admin_expressions.wrong(routing_document)
    if mistakes or agents_file is None or routing_file is None:
        return Read(agents_document, routing_document, tuple(yaml_source.in_order(mistakes)), (), None)
    configuration = admin_files.configuration(
        agents_file,
        routing_file,
        given.pbx,
        given.lookup_deadline_ms,
        time.time_ns() // 1_000_000 if now_ms is None else now_ms,
    )
    doubts = [*admin_doubts.doubtful(configuration, routing_document), *admin_hours.doubtful(routing_document)]
    return Read(
        agents_document,
        routing_document,
        (),
        tuple(yaml_source.in_order(doubts)),
        Made(configuration, agents_file, routing_file),
    )
