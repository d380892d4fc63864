"""Draft a model of the tables at an address and score it: `python -m tests.own_data.drafted URL TRUTH`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from semantic.introspection.profile import Budget
from semantic.introspection.profiling import profile_at
from semantic.introspection.proposing import Proposal, propose
from tests.own_data.claims import claims_of_draft
from tests.own_data.score import Scores, report, score
from tests.own_data.truth import read_truth


def drafted(url: str, budget: Budget | None = None) -> Proposal:
    """Return the draft of every table at an address."""
    return propose(*profile_at(url, (), budget or Budget()))


def scored(draft: Proposal, truth: str) -> Scores:
    """Return how a draft compares with a truth."""
    return score(read_truth(truth), *claims_of_draft(draft))


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 2:
        print("usage: python -m tests.own_data.drafted URL TRUTH", file=sys.stderr)
        return 2
    url, truth = arguments
    print(report(scored(drafted(url), truth)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
