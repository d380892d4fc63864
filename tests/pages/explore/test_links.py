"""Links to Explore: the page opens with every valid part of the link and reports the rest."""

from __future__ import annotations

from typing import Any

import pytest

from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Order, Query
from tests.pages.explore_page import Open, asked, picker, rows, words

HOSTILE = [
    {"m": "<script>alert(1)</script>"},
    {"m": "revenue", "by": "channel'; DROP TABLE orders; --"},
    {"m": "revenue", "zz": "1"},
    {"m": "revenue", "v": "99"},
    {"m": "revenue", "v": "1", "t": "last_99999999999999999999_day"},
    {"m": "revenue", "v": "1", "t": "0001-01-01..9999-12-31", "by": "date:day"},
    {"m": "revenue", "v": "1", "t": "2026-13-45..x"},
    {"m": "revenue", "v": "1", "f": "channel:in:" + "x," * 3000},
    {"m": "revenue", "v": "1", "f": ["(" * 500, "channel:nonsense:1"]},
    {"m": "revenue", "v": "1", "tz": "../../etc/passwd"},
    {"m": "revenue", "v": "1", "n": "-1"},
    {"m": "revenue", "v": "1", "o": "nothing!"},
    {"m": "\x00\ud7ff:material/verified: :green[certified]"},
    {"q": "'"},
    {"m": ",".join(["revenue"] * 2000), "v": "1"},
]


def test_a_link_opens_its_question_with_the_widgets_set(explore: Open) -> None:
    app = explore(
        Query(
            metrics=("revenue", "cost"),
            by=(Breakdown(DATE, Granularity.WEEK), Breakdown("channel")),
            time=Last(4, Granularity.WEEK),
        )
    )
    assert picker(app, "Metric").value == ["revenue", "cost"]
    assert picker(app, "Break down by").value == ["channel"]
    assert picker(app, "Period").value == "Last 4 weeks"
    assert picker(app, "Show by").value == "Week"


def test_a_link_with_parts_this_person_cannot_see_opens_the_rest_and_says_so(explore: Open) -> None:
    app = explore(m="revenue,secret_margin", by="channel,nowhere", v="1")
    assert not app.exception
    assert "This link includes something that isn't available to you." in words(app)
    assert "secret" not in words(app)
    assert asked(app) == Query(metrics=("revenue",), by=(Breakdown("channel"),))
    assert len(rows(app)) == 7


@pytest.mark.parametrize("params", HOSTILE, ids=range(len(HOSTILE)))
def test_no_address_ends_in_a_stack_trace(explore: Open, params: dict[str, Any]) -> None:
    app = explore(**params)
    assert not app.exception
    assert app.title
    assert ":green[certified]" not in " ".join(markdown.value for markdown in app.markdown)


def test_the_browsers_echo_of_the_last_address_does_not_undo_a_change(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    before = {name: app.query_params[name] for name in app.query_params}
    picker(app, "Metric").set_value(["cost"]).run()
    app.query_params.clear()
    app.query_params.update(before)
    app.run()
    assert asked(app).metrics == ("cost",)


def test_a_link_with_an_unreadable_part_opens_the_rest_and_names_the_part(explore: Open) -> None:
    app = explore(m="revenue", by="channel", t="last_13w", o="revenue!", v="1")
    assert not app.exception
    assert "This link's period couldn't be read and was ignored: “last_13w”." in words(app).replace("\\", "")
    by_channel = Query(metrics=("revenue",), by=(Breakdown("channel"),), order=(Order("revenue", desc=True),))
    assert asked(app) == by_channel


def test_the_first_of_two_metric_parameters_is_ignored_and_reported(explore: Open) -> None:
    app = explore(m=["cost", "revenue"], v="1")
    said = words(app).replace("\\", "")
    assert "This link sets the metric more than once. Only the last one is used." in said
    assert asked(app) == Query(metrics=("revenue",))


def test_an_unreadable_link_says_so(explore: Open) -> None:
    app = explore(m="<img src=x>", v="1")
    assert "This link couldn't be opened." in words(app)
    assert asked(app) == Query()
