"""Measure the first and the next answer to a handful of questions: python -m tests.bench.answers DATA [DATA …].

Prints one row for each question and data file: the milliseconds for compiling, for the first answer (rows not in the
cache) and for the same question again.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from semantic.compile import compile_query
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.query.codec import query_from_json
from semantic.workspace import Workspace

QUESTIONS = {
    "spend": '{"metrics":["spend"]}',
    "roas by channel, 13 weeks": '{"metrics":["roas","spend"],"by":["channel"],"time":{"last":13,"unit":"week"}}',
    "revenue by month": '{"metrics":["net_revenue"],"by":[{"dim":"date","grain":"month"}]}',
    "orders by channel and week": '{"metrics":["orders"],"by":["channel",{"dim":"date","grain":"week"}]}',
    "buyers by country": '{"metrics":["customers"],"by":["customer_country"]}',
    "conversion by device": '{"metrics":["session_conversion_rate"],"by":["device"]}',
}
PERSON = "jonas"


def main(arguments: Sequence[str]) -> None:
    print(f"{'data':<14}{'question':<30}{'compile ms':>12}{'first ms':>12}{'again ms':>12}")
    for data in arguments:
        workspace = Workspace.open(Settings(data=data, model=MARKETING_MODEL))
        for name, text in QUESTIONS.items():
            print(
                f"{Path(data).parent.name:<14}{name:<30}"
                + "".join(f"{number:>12.2f}" for number in measure(workspace, text))
            )
        workspace.close()


def measure(workspace: Workspace, text: str) -> tuple[float, float, float]:
    """Return the milliseconds for compiling, for the first answer and for the next."""
    actor, today = workspace.people[PERSON], workspace.today()

    def compile_it() -> object:
        return compile_query(workspace.model, query_from_json(text), actor, workspace.dialect, today=today)

    def ask() -> object:
        return workspace.ask(query_from_json(text), actor)

    return median_ms(compile_it, 50), median_ms(ask, 1), median_ms(ask, 20)


def median_ms(run: Callable[[], object], times: int) -> float:
    found_times: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found_times.append((time.perf_counter() - began) * 1000)
    return statistics.median(found_times)


if __name__ == "__main__":
    main(sys.argv[1:])
