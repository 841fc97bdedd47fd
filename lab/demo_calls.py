"""Who calls in the demo: the sample's customers of every tier, people whom nobody knows, and withheld numbers.

The same people call whether the PBX is real or simulated; only how they get to it differs.
"""

import math
from collections.abc import Iterator
from random import Random

from callcenter.crm.sample import sample_accounts, sample_customers, shared_numbers
from lab.simulated import Visitor

CUSTOMERS = 300
TIERS = {"platinum": 10, "gold": 20, "silver": 30, "standard": 40}  # shares of the known callers
LINES = {"8001": 38, "8002": 34, "8003": 25, "8009": 3}  # shares; no rule is for the last one
MEAN_RATE = 0.2  # calls a second
SWING = 0.75  # the rate goes up and down by this share of it, so queues build and drain
WAVE_S = 150.0
WITHHELD = "anonymous"
PATIENT_S = 240.0
IMPATIENT_S = (15.0, 45.0)
FIRST_BURST = 5  # callers who wait at the door when the demo opens


def rate(elapsed_s: float) -> float:
    """Calls a second to expect, `elapsed_s` seconds into the demo."""
    return MEAN_RATE * (1 + SWING * math.sin(2 * math.pi * elapsed_s / WAVE_S))


def visitors(random: Random) -> Iterator[Visitor]:
    """Callers without end."""
    by_tier = {tier: [one for one in sample_customers(CUSTOMERS) if one.tier == tier] for tier in TIERS}
    shared = shared_numbers(CUSTOMERS)
    while True:
        dialled = _drawn(random, LINES)
        patience_s = PATIENT_S if random.random() < 0.7 else random.uniform(*IMPATIENT_S)
        tier = _drawn(random, TIERS)
        name = language = account = ""
        match random.random():
            case share if share < 0.06:
                number, name = WITHHELD, "Anonymous"
            case share if share < 0.14:
                number = f"+190755501{random.randrange(100):02d}"
                if random.random() < 0.5:  # a customer on somebody else's phone, whom the IVR has asked
                    account = random.choice(sample_accounts(tier, CUSTOMERS))
            case share if share < 0.18:
                number = random.choice(shared)
            case _:
                customer = random.choice(by_tier[tier])
                number, name = random.choice(customer.numbers), customer.name
                language = customer.language[:2] if random.random() < 0.3 else ""
        yield Visitor(number, dialled, name, account, _intent(random, dialled), language, patience_s)


def _intent(random: Random, dialled: str) -> str:
    chance = random.random()
    if chance < 0.04:
        return "cancel"
    return "invoice" if dialled == "8002" and chance < 0.25 else ""


def _drawn(random: Random, shares: dict[str, int]) -> str:
    return random.choices(list(shares), list(shares.values()))[0]
