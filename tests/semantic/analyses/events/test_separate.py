"""Events that are known to share no rows, because their own conditions show it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.read import plan_events
from semantic.analyses.events.separate import are_separate
from tests.semantic.analyses.events.logged import TODAY, LoggedWorkspace, open_log

FUNNEL = EVENT_KINDS["funnel"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("log"), [])
    yield opened
    opened.close()


def acts(dim: str, *values: object) -> dict[str, object]:
    return {"metric": "acts", "where": {"dim": dim, "op": "in", "values": [*values]}}


@pytest.mark.parametrize(
    ("steps", "separate"),
    [
        (["views", "carts", "checkouts"], True),
        (["views", "letters", "clicks"], True),  # of other datasets
        (["views", acts("act", "b", "c")], True),
        (["views", "searches"], True),  # a; b or e
        (["carts", "searches"], False),  # b is both
        (["views", "acts"], False),
        (["views", "named_acts"], False),
        (["views", "views"], False),
        (["revenue", "gifts"], False),
        (["views", acts("product", "apple")], False),
        ([acts("product", "apple"), acts("product", "pear")], True),
        ([acts("product", "apple"), acts("product", "Apple ")], False),  # some collations take them for the same
        ([acts("product", "apple"), acts("product", "äpfel")], False),
        ([acts("product", "apple"), acts("product", "pear", None)], False),
        (["views", "carts", acts("act", "a")], False),  # the first and the last
    ],
)
def test_conditions_prove_that_events_share_no_rows(
    workspace: LoggedWorkspace, steps: list[object], *, separate: bool
) -> None:
    asked = FUNNEL.read({"subject": "person", "steps": steps})
    seen = workspace.visible(workspace.people["ana"])
    assert are_separate(plan_events(FUNNEL.reads(asked), seen, today=TODAY).legs) is separate


def test_masked_values_prove_nothing(workspace: LoggedWorkspace) -> None:
    asked = FUNNEL.read({"subject": "person", "steps": [acts("product", "apple"), acts("product", "pear")]})
    seen = workspace.visible(workspace.people["mia"])
    assert not are_separate(plan_events(FUNNEL.reads(asked), seen, today=TODAY).legs)
