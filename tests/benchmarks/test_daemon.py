import os
import time

from benchmarks.daemon import ROUTING, Cpu
from lab.daemon_process import process_cpu_s


def test_cpu_since_is_what_was_used_in_between() -> None:
    assert Cpu(5.0, 1.5).since(Cpu(2.0, 1.0)) == Cpu(3.0, 0.5)


def test_cpu_of_a_process_never_goes_back_and_is_near_the_kernels_own_count() -> None:
    before = process_cpu_s(os.getpid())
    used = time.process_time()
    after = process_cpu_s(os.getpid())

    assert before - 0.1 <= used <= after + 0.1  # the kernel rounds down to a hundredth


def test_every_tier_has_a_rule() -> None:
    asked = {rule["when"]["tier"] for rule in ROUTING["rules"]}

    assert asked == set(ROUTING["tiers"])
