"""Measure what an explanation of a change costs, compared with the question whose change it explains: python -m
tests.bench.why DATA.

Both are asked again on a new workspace, so nothing is cached. They take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.model.definitions import Granularity
from semantic.policy.actor import OWNER
from semantic.query.query import Last, Previous, Query
from semantic.services.why import explain
from semantic.workspace import Workspace
from tests.bench.table import head, line

ROUNDS = 5
METRICS = ("net_revenue", "roas", "new_customers")


def main(arguments: Sequence[str]) -> None:
    head("An explanation, as a multiple of its own question (seconds; breakdowns searched)")
    for metric in METRICS:
        query = Query(metrics=(metric,), time=Last(13, Granularity.WEEK), compare=(Previous(),))
        own: list[float] = []
        whole: list[float] = []
        searched = 0
        for _ in range(ROUNDS):
            workspace = Workspace.open(
                Settings(data=arguments[0], model=MARKETING_MODEL, mask_key="a key of this bench")
            )
            workspace.ask(Query(metrics=("orders",), time=query.time), OWNER)  # what any first question finds out
            own.append(_seconds(lambda workspace=workspace, query=query: workspace.ask(query, OWNER)))
            began = time.perf_counter()
            searched = explain(query, workspace, OWNER).explanation.searched
            whole.append(time.perf_counter() - began)
            workspace.close()
        question, explanation = statistics.median(own), statistics.median(whole)
        line(metric, f"{explanation / question:.1f}x", f"{explanation:.2f} of {question:.2f}; {searched} searched")


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])
