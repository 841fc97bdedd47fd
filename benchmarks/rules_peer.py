"""Runs in a peer's own virtual environment: the rules in the peer's words, the facts on standard input, times out.

It imports nothing of callcenter. Each peer is used in its fastest way: expressions compiled, facts in its own shape
before the clock starts.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

Decide = Callable[[Any], int | None]
Facts = dict[str, Any]


def common_expression_language(work: dict[str, Any]) -> tuple[Decide, list[Any]]:
    cel = import_module("cel")
    programs = [cel.compile(rule).execute for rule in work["cel"]]

    def decide(context: Any) -> int | None:
        for index, execute in enumerate(programs):
            if execute(context):
                return index
        return None

    return decide, [cel.Context(facts) for facts in work["facts"]]


def evalidate_codes(work: dict[str, Any]) -> tuple[Decide, list[Any]]:
    evalidate = import_module("evalidate")
    model = evalidate.base_eval_model.clone()
    model.nodes.append("Tuple")
    codes = [evalidate.Expr(rule, model=model).code for rule in work["python"]]

    def decide(facts: Facts) -> int | None:
        for index, code in enumerate(codes):
            if eval(code, facts):  # noqa: S307 - as evalidate does itself, less a copy of the facts for each rule
                return index
        return None

    return decide, [{"__builtins__": {}, **facts} for facts in work["facts"]]


def zen_engine(work: dict[str, Any]) -> tuple[Decide, list[Any]]:
    zen = import_module("zen")
    expressions = [zen.compile_expression(rule).evaluate for rule in work["zen"]]

    def decide(facts: Facts) -> int | None:
        for index, evaluate in enumerate(expressions):
            if evaluate(facts):
                return index
        return None

    return decide, work["facts"]


PEERS = {
    "common-expression-language": common_expression_language,
    "evalidate": evalidate_codes,
    "zen-engine": zen_engine,
}


def timed(decide: Decide, all_facts: list[Any]) -> dict[str, list[Any]]:
    """What was decided for each contact, and in how many nanoseconds."""
    for facts in all_facts[:100]:  # to warm up
        decide(facts)
    gc.collect()
    gc.disable()
    times, decided = [], []
    for facts in all_facts:
        began = time.perf_counter_ns()
        found = decide(facts)
        times.append(time.perf_counter_ns() - began)
        decided.append(found)
    gc.enable()
    return {"times_ns": times, "decided": decided}


if __name__ == "__main__":
    json.dump(timed(*PEERS[sys.argv[1]](json.load(sys.stdin))), sys.stdout)
