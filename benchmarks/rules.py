"""`make bench-rules`: what a decision by 500 rules costs, beside the fastest expression engines of PyPI.

All get the same rules and the same contacts, and must decide the same. Each peer has its expressions compiled before;
what is timed is the loop over them until the first that holds, with the facts in the shape that is fastest for it, made
beforehand. For callcenter the facts are made anew for each decision, and that is timed too: `with_facts_p50_us` and
`with_facts_p99_us`. Peers are installed into .local/bench-rules, a place of their own; one that cannot be is left out.
"""

import gc
import json
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import click

from callcenter.routing.language.facts import Facts, make_facts
from callcenter.routing.language.program import compile_rules
from callcenter.types import (
    Attribute,
    AttributeKind,
    Condition,
    Configuration,
    Customer,
    Hours,
    NamedList,
    QueueConfig,
    QueueName,
    RuleConfig,
    Tier,
)

RULES = 500
CONTACTS = 2_000
PEERS = {  # name on PyPI: version
    "common-expression-language": "0.10.0",  # CEL in Rust
    "evalidate": "2.1.7",  # Python's own byte code, behind a whitelist
    "zen-engine": "2.1.3",  # Rust
}
HOME = Path(__file__).parent.parent / ".local" / "bench-rules"
PEER_SCRIPT = Path(__file__).parent / "rules_peer.py"
INSTALL_S = 180
PEER_S = 300

TIERS = tuple(Tier(tier) for tier in ("platinum", "gold", "silver", "standard"))
QUEUES = tuple(QueueName(queue) for queue in ("sales", "support", "billing", "claims", "german", "general"))
INTENTS = ("buy", "cancel", "invoice", "repair", "move", "")
LANGUAGES = ("de", "en", "fr", "it", "pl", "")
NUMBERS = tuple(str(8000 + number) for number in range(100))
NOW_MS = 1_798_110_000_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Written:
    """One condition in the words of callcenter, of CEL, of evalidate (which is Python) and of ZEN."""

    ours: str
    cel: str
    python: str
    zen: str


def drawn_rules(count: int, random: Random) -> list[Written]:
    """A realistic mix: a rule asks for the number, or for callers in a list, and then for one to three things besides.

    Nearly half of the contacts match none of 500 rules; the others are decided anywhere among them.
    """
    return [_rule(random) for _ in range(count)]


def _rule(random: Random) -> Written:
    number, tier = random.choice(NUMBERS), random.choice(TIERS)
    parts = [_equal("contact.dialled", number) if random.random() < 0.9 else _listed("contact.caller")]
    choices: list[Callable[[], Written]] = [
        lambda: _equal("customer.tier", tier),
        lambda: _one_of("customer.tier", sorted(random.sample(TIERS, 2))),
        lambda: _equal("contact.intent", random.choice(INTENTS[:-1])),
        lambda: _equal("contact.language", random.choice(LANGUAGES[:-1])),
        lambda: _same(f"customer.spend_12m >= {random.randrange(1, 40) * 1_000}"),
        lambda: _same(f"queue.{random.choice(QUEUES)}.waiting > {random.randrange(5, 30)}"),
        lambda: _between("now.hour", random.randrange(6, 12), random.randrange(13, 22)),
        lambda: Written("conditions.office", "office", "office", "office"),
        lambda: Written("not conditions.office", "!office", "not office", "not office"),
    ]
    weights = (20, 12, 15, 12, 8, 6, 8, 10, 4)
    parts += [choice() for choice in random.choices(choices, weights, k=random.choice((1, 2, 2, 3)))]
    return Written(
        " and ".join(part.ours for part in parts),
        " && ".join(part.cel for part in parts),
        " and ".join(part.python for part in parts),
        " and ".join(part.zen for part in parts),
    )


def flat(path: str) -> str:
    """A field's name for a peer, which is given the facts without any depth."""
    return path.replace(".", "_")


def _same(text: str) -> Written:
    path, operator, value = text.split(" ")
    theirs = f"{flat(path)} {operator} {value}"
    return Written(text, theirs, theirs, theirs)


def _equal(path: str, value: str) -> Written:
    python = f"{flat(path)} == '{value}'"
    return Written(f"{path} == '{value}'", f'{flat(path)} == "{value}"', python, python)


def _one_of(path: str, values: list[Tier]) -> Written:
    quoted = ", ".join(f"'{value}'" for value in values)
    theirs = f"{flat(path)} in [{quoted}]"
    return Written(f"{path} in ({quoted})", theirs, f"{flat(path)} in ({quoted})", theirs)


def _between(path: str, first: int, last: int) -> Written:
    name = flat(path)
    cel = f"({name} >= {first} && {name} < {last})"
    zen = f"({name} >= {first} and {name} < {last})"
    return Written(f"{first} <= {path} < {last}", cel, f"{first} <= {name} < {last}", zen)


def _listed(path: str) -> Written:
    theirs = f"{flat(path)} in vip_numbers"
    return Written(f"{path} in lists.vip_numbers", theirs, theirs, theirs)


def configuration(rules: list[Written]) -> Configuration:
    stretches = tuple((NOW_MS + day * DAY_MS, NOW_MS + day * DAY_MS + DAY_MS // 3) for day in range(-2, 400))
    return Configuration(
        tiers=TIERS,
        default_tier=TIERS[-1],
        default_queue=QUEUES[-1],
        queues=tuple(QueueConfig(queue, 20_000, 0, 20_000) for queue in QUEUES),
        rules=tuple(RuleConfig(f"rule {n}", QUEUES[n % 6], n % 100, when=rule.ours) for n, rule in enumerate(rules)),
        agents=(),
        zone=((0, 3_600_000),),
        hours=(Hours("office", stretches),),
        attributes=(Attribute("spend_12m", AttributeKind.NUMBER, 0),),
        lists=(NamedList("vip_numbers", VIP_NUMBERS),),
        conditions=(Condition("office", "open('office') and not holiday('office')"),),
    )


VIP_NUMBERS = tuple(f"+4930{number}" for number in range(50))


class Board:
    """Figures of queues, as quick as they can be."""

    def __init__(self, waiting: dict[QueueName, int]) -> None:
        self._waiting = waiting

    def waiting(self, queue: QueueName) -> int:
        return self._waiting[queue]

    def longest_wait_s(self, queue: QueueName) -> float:
        return float(self._waiting[queue])

    def open(self, queue: QueueName) -> bool:
        return True

    def ready(self, queue: QueueName) -> int:
        return self._waiting[queue]

    def signed_in(self, queue: QueueName) -> int:
        return self._waiting[queue]


@dataclass(frozen=True, slots=True)
class Caller:
    """One contact to be decided."""

    dialled: str
    caller: str
    intent: str
    language: str
    customer: Customer
    now_ms: int
    waiting: dict[QueueName, int]

    def facts(self, config: Configuration) -> Facts:
        return make_facts(
            config,
            now_ms=self.now_ms,
            tier=self.customer.tier,
            figures=Board(self.waiting),
            dialled=self.dialled,
            caller=self.caller,
            intent=self.intent,
            language=self.language,
            customers=(self.customer,),
        )


def drawn_callers(count: int, random: Random) -> list[Caller]:
    return [
        Caller(
            random.choice(NUMBERS),
            random.choice(VIP_NUMBERS) if random.random() < 0.05 else f"+4989{random.randrange(10**6)}",
            random.choice(INTENTS),
            random.choice(LANGUAGES),
            Customer(1, "A", "Anna", random.choice(TIERS), attributes={"spend_12m": random.randrange(50_000)}),
            NOW_MS + random.randrange(DAY_MS),
            {queue: random.randrange(40) for queue in QUEUES},
        )
        for _ in range(count)
    ]


def for_peers(config: Configuration, caller: Caller) -> dict[str, object]:
    """All facts of a contact, flat and made in advance: peers have no facts that are asked for late."""
    facts = caller.facts(config)
    now = {f"now_{name}": facts.ask(f"now.{name}", 0) for name in ("hour", "minute", "weekday", "date")}
    figures = {f"queue_{queue}_waiting": waiting for queue, waiting in caller.waiting.items()}
    known = {flat(path): value for path, value in facts.values.items() if path.startswith(("contact", "customer"))}
    return {**known, **now, **figures, "office": facts.ask("open.office", False), "vip_numbers": list(VIP_NUMBERS)}


def measure(rules: list[Written], callers: list[Caller]) -> tuple[dict[str, float], list[int | None]]:
    """Figures of callcenter in microseconds, and what it decided."""
    config = configuration(rules)
    began = time.perf_counter()
    program = compile_rules(config)
    compile_ms = (time.perf_counter() - began) * 1_000
    decided, alone, whole = [], [], []
    gc.collect()
    gc.disable()
    warm = callers[:100]
    for caller in [*warm, *callers]:
        start = time.perf_counter_ns()
        facts = caller.facts(config)
        made = time.perf_counter_ns()
        found = program.first(facts)
        end = time.perf_counter_ns()
        decided.append(found)
        alone.append(end - made)
        whole.append(end - start)
    gc.enable()
    decided, alone, whole = decided[len(warm) :], alone[len(warm) :], whole[len(warm) :]
    figures = {
        "p50_us": quantile_us(alone, 0.5),
        "p99_us": quantile_us(alone, 0.99),
        "with_facts_p50_us": quantile_us(whole, 0.5),
        "with_facts_p99_us": quantile_us(whole, 0.99),
        "rules_per_s": round(_tried(decided, len(rules)) / (sum(alone) / 1e9)),
        "compile_ms": round(compile_ms, 1),
    }
    return figures, decided


def _tried(decided: list[int | None], rules: int) -> int:
    return sum(rules if found is None else found + 1 for found in decided)


def quantile_us(times_ns: list[int], share: float) -> float:
    """The value below which `share` of the times lie."""
    return round(sorted(times_ns)[min(len(times_ns) - 1, int(len(times_ns) * share))] / 1_000, 1)


# ---- the peers


def peer_python(home: Path, name: str, version: str) -> Path | None:
    """The Python of a virtual environment that has the peer, made where it is missing; None if that cannot be."""
    place = home / f"{name}-{version}"
    python = place / "bin" / "python"
    ready = place / "installed"
    if ready.exists():
        return python
    try:
        venv.create(place, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--only-binary=:all:", f"{name}=={version}"]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)  # noqa: S603 - ours
    except (subprocess.SubprocessError, OSError) as error:
        last = str(getattr(error, "stderr", None) or error).strip().splitlines()[-1:]
        click.echo(f"{name} {version} cannot be installed and is left out: {' '.join(last)}")
        return None
    ready.touch()
    return python


def measure_peer(python: Path, name: str, work: dict[str, object]) -> dict[str, float] | None:
    """The peer's figures, None if it failed. It runs in a process of its own, with nothing of ours around it."""
    command = [str(python), "-I", str(PEER_SCRIPT), name]
    try:
        done = subprocess.run(  # noqa: S603 - ours
            command, input=json.dumps(work), check=True, capture_output=True, text=True, timeout=PEER_S
        )
        told: dict[str, list[int] | list[int | None]] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        last = str(getattr(error, "stderr", None) or error).strip().splitlines()[-1:]
        click.echo(f"{name} failed and is left out: {' '.join(last)}")
        return None
    times = [value for value in told["times_ns"] if value is not None]
    if told["decided"] != work["decided"]:
        click.echo(f"{name} decided otherwise and is left out")
        return None
    return {"p50_us": quantile_us(times, 0.5), "p99_us": quantile_us(times, 0.99)}


@click.command()
@click.option("--rules", default=RULES, show_default=True, help="How many rules.")
@click.option("--contacts", default=CONTACTS, show_default=True, help="How many contacts are decided.")
@click.option("--peers/--no-peers", default=True, help="Whether the engines of PyPI are measured beside it.")
def main(rules: int, contacts: int, peers: bool) -> None:
    """Print a line for each engine and, last, one line of JSON."""
    random = Random(1)  # noqa: S311 - the same rules and contacts each time
    written, callers = drawn_rules(rules, random), drawn_callers(contacts, random)
    figures, decided = measure(written, callers)
    matched = sum(found is not None for found in decided)
    click.echo(f"{rules} rules, {contacts} contacts ({matched} matched), Python {sys.version.split()[0]}")
    click.echo("callcenter  " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    beside: dict[str, dict[str, float]] = {}
    if peers:
        config = configuration(written)
        work: dict[str, object] = {
            "cel": [rule.cel for rule in written],
            "python": [rule.python for rule in written],
            "zen": [rule.zen for rule in written],
            "facts": [for_peers(config, caller) for caller in callers],
            "decided": decided,
        }
        for name, version in PEERS.items():
            python = peer_python(HOME, name, version)
            measured = None if python is None else measure_peer(python, name, work)
            if measured is not None:
                beside[name] = measured
                click.echo(f"{name} {version}  " + "  ".join(f"{key} {value}" for key, value in measured.items()))
    click.echo(json.dumps({**figures, "peers": beside}))


if __name__ == "__main__":
    main()
