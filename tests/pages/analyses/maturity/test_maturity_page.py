"""Maturity on the page Analyses, over a log of ten people who all began on the same day."""

from __future__ import annotations

from typing import Any

from tests.pages.analyses.conftest import Open
from tests.pages.analyses.test_page import table, text

ASKED: dict[str, Any] = {
    "kind": "maturity", "v": 1, "subject": "person", "first": {"metric": "views"}, "then": {"metric": "carts"},
    "within": "7 days", "over": "day",
}  # fmt: skip


def test_too_few_cohorts_say_so_and_show_what_is_known(visit: Open) -> None:
    app = visit(ASKED)
    assert "An estimate needs 3 final cohorts, and there is only 1. Choose a longer period." in text(app)
    # Ten people viewed on 2 March, and six added to a cart an hour later.
    assert [line[:5] for line in table(app)] == [["2\N{NO-BREAK SPACE}Mar 2026", "10", "6", "Final", "60.0%"]]
    assert "Each person counts once, in the day of the first event in the period (views)" in text(app)


def test_the_form_shows_both_events(visit: Open) -> None:
    app = visit(ASKED)
    assert {"First", "Then", "Final after", "Follow each"} <= {each.label for each in app.selectbox}
    (final,) = [each for each in app.selectbox if each.label == "Final after"]
    app = final.select("30 days").run()
    assert not app.exception


def test_small_groups_hide_the_result(visit: Open, asks: dict[str, Any], log: Any) -> None:
    asks["now"] = log.people["gus"]
    assert "Numbers of one day and the next would reveal them" in text(visit(ASKED))
