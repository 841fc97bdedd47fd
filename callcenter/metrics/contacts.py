"""What is told of contacts and of their waits, from the core's totals.

Each stay in a queue counts in that queue when it ends there (`queue_left`), and from these counts come all formulas of
the service level (docs/service_level.md). The contact itself counts once, when it is over (`contacts`).
"""

from callcenter.metrics.families import QUEUE, RULE, TIER, Counted, Timed, one_of, picked
from callcenter.types import DecisionKind, Outcome

LEFT = ("answered", "abandoned", "short_abandoned", "overflowed", "other")

CONTACTS: tuple[Counted | Timed, ...] = (
    Counted(
        "contacts",
        "contacts",
        "Contacts that ended, by the queue that they had last and by outcome",
        (QUEUE, TIER, one_of("outcome", [outcome.value for outcome in Outcome])),
    ),
    Counted(
        "left",
        "queue_left",
        "Stays in a queue that ended, counted when it happens; short_abandoned hung up before the queue's threshold "
        "for that, other were moved, withdrawn, sent away by a closed queue or answered elsewhere",
        (QUEUE, TIER, one_of("outcome", LEFT)),
    ),
    Counted(
        "answered_within",
        "queue_answered_within",
        "Of those, the answered ones that had waited no longer than the service level of the queue",
        (QUEUE, TIER),
    ),
    Counted(
        "abandoned_within",
        "queue_abandoned_within",
        "Of those, the abandoned ones, short or not, that had waited no longer than the service level of the queue",
        (QUEUE, TIER),
    ),
    Counted(
        "overflows",
        "overflows",
        'Contacts that went from one queue to another because they had waited too long; to="away": were sent away',
        (QUEUE, one_of("to", ())),
    ),
    Counted(
        "routed",
        "contacts_routed",
        'Times that a contact was sent to a queue; matched="false": no rule applied, it went to the default queue',
        (QUEUE, TIER, one_of("matched", ("true", "false"))),
    ),
    Counted(
        "rerouted", "contacts_rerouted", "Of those, contacts that were sent to a queue again (more was known)", (QUEUE,)
    ),
    Counted(
        "default_queue",
        "contacts_default_queue",
        "Contacts that went to the default queue because no rule applied",
    ),
    Counted("rule_hits", "rule_hits", "Times that a rule has sent a contact to a queue", (RULE,)),
    Counted(
        "decisions",
        "contact_decisions",
        "Decisions about contacts besides their offers, by the queue that the contact has from then on",
        (QUEUE, one_of("kind", [kind.value for kind in DecisionKind])),
    ),
    Counted(
        "decisions",
        "relaxation_steps",
        "Steps by which those who may take a waiting contact became more",
        (QUEUE, picked(DecisionKind.RELAXED.value)),
    ),
    Timed("answer", "answer", "Wait until the answer, for each stay in a queue that was answered", (QUEUE, TIER)),
    Timed("abandon", "abandon", "Wait until the caller hung up, short abandons too", (QUEUE,)),
)
