"""What Prometheus would read, by name and labels, and the floor that it is read from."""

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from callcenter.commands import Command, RecordContact
from callcenter.metrics import Metrics
from callcenter.overview import AgentView, Overview, QueueView
from callcenter.queues.totals import Totals, configure, note
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    ChannelRef,
    Configuration,
    ContactId,
    DeviceRef,
    DeviceStatus,
    Outcome,
    Overflow,
    PbxName,
    QueueConfig,
    QueueName,
    QueueState,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)

SALES, SUPPORT = QueueName("sales"), QueueName("support")
GOLD, STANDARD = Tier("gold"), Tier("standard")
ANNA = AgentId("anna")
FRENCH = Skill(SkillName("french"), 7)


def queue(name: QueueName) -> QueueConfig:
    return QueueConfig(name, 20_000, 30_000, 17_000)


def agent(name: str, state: AgentState, *queues: QueueName, reason: str | None = None) -> AgentView:
    return AgentView(
        AgentId(name), name, state, reason, 0, None, None, None, DeviceStatus.FREE, queues, skills=(FRENCH,)
    )


CONFIGURATION = Configuration(
    (GOLD, STANDARD),
    STANDARD,
    SUPPORT,
    (replace(queue(SALES), overflow=Overflow(60_000, SUPPORT)), queue(SUPPORT)),
    (RuleConfig("all", SUPPORT, 0),),
    (AgentConfig(ANNA, "Anna", DeviceRef(PbxName("main"), "PJSIP/1"), (FRENCH,), (SALES,)),),
)
NOW = Overview(
    1_000,
    ((PbxName("main"), True),),
    (
        QueueView(
            SALES, 3, 12_500, 1, 2, 1, waiting_by_tier=((GOLD, 2), (Tier("of before"), 1)), estimated_wait_ms=90_500
        ),
        QueueView(SUPPORT, 0, 0, 0, 1, 0, QueueState.DRAINED),
        QueueView(QueueName("of no configuration"), 1, 1, 1, 1, 1),
    ),
    (
        agent("anna", AgentState.READY, SALES),
        agent("boris", AgentState.TALKING, SALES, SUPPORT),
        agent("carl", AgentState.NOT_READY, SALES, reason="lunch"),
        agent("dora", AgentState.NOT_READY, SUPPORT, reason="what nobody has configured"),
        agent("emil", AgentState.LOGGED_OUT, SALES),
    ),
    (),
)
ANSWERED = RecordContact(
    contact=ContactId("c"),
    channel=ChannelRef(PbxName("main"), "1.1"),
    caller=None,
    caller_name="",
    dialled="8000",
    account=None,
    intent=None,
    language=None,
    customer=None,
    tier=GOLD,
    queue=SALES,
    priority=1,
    rule="r",
    because="b",
    agent=ANNA,
    outcome=Outcome.ANSWERED,
    arrived_ms=0,
    connected_ms=15_000,
    ended_ms=60_000,
    waited_ms=15_000,
    offers=1,
    service_level_ms=20_000,
)


class Scrape:
    """What Prometheus reads, by sample name and labels."""

    def __init__(self, metrics: Metrics) -> None:
        self.text = metrics.exposition("")[0].decode()
        self.families = {family.name: family for family in text_string_to_metric_families(self.text)}
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }
        self.names = {name for name, _ in self.samples}

    def __call__(self, name: str, **labels: str) -> float:
        return self.samples[f"callcenter_{name}", frozenset(labels.items())]


def metrics_of(*commands: Command, picture: Overview = NOW, agents: bool = False) -> Metrics:
    """Of a daemon whose core has said this."""
    totals = Totals()
    configure(totals, CONFIGURATION)
    for command in commands:
        note(totals, command)
    metrics = Metrics(lambda: picture, lambda: totals, agents=agents)
    metrics.configure(CONFIGURATION, ("lunch",))
    return metrics


def contacts(*outcomes: Outcome) -> list[Command]:
    return [replace(ANSWERED, outcome=outcome) for outcome in outcomes]
