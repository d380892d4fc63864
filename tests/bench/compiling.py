"""Measure how long the star schema's questions take to compile, from JSON to SQL text and parameters: python -m
tests.bench.compiling.

The questions are asked for a person with a row rule. Cold: the plan cache is emptied before each question. Again: the
same shape with other literals. The comparison with other layers (tests/bench/peer_samepage.py) measures the same
questions in the same way.
"""

from __future__ import annotations

import json
import statistics

from semantic import load_model
from semantic.answering.plan_cache import PlanCache
from semantic.model.loading.load import read_folder
from semantic.plan.tree.known import NOTHING_KNOWN
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from tests.bench.peer_samepage import MODEL, ROUNDS, SEES_ALL, WITH_A_ROW_RULE, Asking, with_other_literals
from tests.bench.table import cpu_ms, head, line
from tests.star.questions import QUESTIONS


def main() -> None:
    model, people = load_model(MODEL), read_people(read_folder(MODEL))
    ruled, visible = (narrow(model, people[person]) for person in (WITH_A_ROW_RULE, SEES_ALL))
    asked = Asking(ruled, visible, NOTHING_KNOWN, PlanCache())
    head("Compiling the star's questions, CPU of one, under a row rule")
    cold = {name: cost(asked, name, cold=True) for name in QUESTIONS}
    again = {name: cost(asked, name, cold=False) for name in QUESTIONS}
    for what, costs, mean, most in (("cold", cold, "0.6", "3"), ("again, other literals", again, "0.15", "0.15")):
        slowest = max(costs, key=lambda name: costs[name])
        line(f"{what}, geometric mean", f"{statistics.geometric_mean(costs.values()):.3f} ms", f"{mean} wanted")
        line(f"{what}, the most", f"{costs[slowest]:.3f} ms", f"{most} wanted; {slowest}")


def cost(asked: Asking, name: str, *, cold: bool) -> float:
    texts = [json.dumps(with_other_literals(QUESTIONS[name], turn)) for turn in range(ROUNDS)]
    for text in texts[:5]:
        asked.compile(text, cold=False)
    waiting = iter(texts)
    return cpu_ms(lambda: asked.compile(next(waiting), cold=cold), ROUNDS)


if __name__ == "__main__":
    main()
