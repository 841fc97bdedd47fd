"""The admin's files read and checked as one: who works here, and the rules, from one file or a folder.

All that reads rules comes through here: the daemon's start, `callcenter rules check`, and whatever publishes, tests or
tries out rules before they are in force. No two of them can disagree on what is a mistake.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from callcenter.admin import checks, doubts, expressions, files, folder, hours, model, schema, scripts, yaml_source
from callcenter.admin.yaml_source import Document, Mistake
from callcenter.numbers import DEFAULT_REGION
from callcenter.types import Configuration, PbxName


@dataclass(frozen=True, slots=True)
class Given:
    """What the daemon's own settings say that the admin's files depend on."""

    pbx: PbxName
    device_prefix: str
    lookup_deadline_ms: int
    default_region: str = DEFAULT_REGION  # of callers' numbers


@dataclass(frozen=True, slots=True)
class Made:
    """What files without mistakes come to."""

    configuration: Configuration
    agents: files.AgentsFile
    routing: model.RoutingFile
    default_region: str


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
    agents_document, routing_document = yaml_source.read(agents), folder.read(routing)
    agents_file, mistakes = schema.validate(files.AgentsFile, agents_document)
    routing_file, found = schema.validate(model.RoutingFile, routing_document)
    mistakes = [*agents_document.mistakes, *mistakes, *routing_document.mistakes, *found]
    if not (agents_document.incomplete or routing_document.incomplete):
        mistakes += checks.crossed(agents_document, routing_document, given.device_prefix)
        mistakes += hours.wrong(routing_document)
        mistakes += expressions.wrong(routing_document)
        mistakes += scripts.wrong(routing_document)
    if mistakes or agents_file is None or routing_file is None:
        return Read(agents_document, routing_document, tuple(yaml_source.in_order(mistakes)), (), None)
    configuration = files.configuration(
        agents_file,
        routing_file,
        given.pbx,
        given.lookup_deadline_ms,
        time.time_ns() // 1_000_000 if now_ms is None else now_ms,
    )
    found_doubts = [
        *doubts.doubtful(configuration, routing_document, given.default_region),
        *hours.doubtful(routing_document),
    ]
    return Read(
        agents_document,
        routing_document,
        (),
        tuple(yaml_source.in_order(found_doubts)),
        Made(configuration, agents_file, routing_file, given.default_region),
    )
