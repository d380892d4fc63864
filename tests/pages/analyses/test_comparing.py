"""The field "Compare with" on the page Analyses. The log's first day has ten views, six of which lead to a cart."""

from __future__ import annotations

from datetime import date
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.analyses.conftest import FUNNEL, Open, answered
from tests.pages.analyses.test_page import definition, select, text

FIRST_DAY = {"time": {"from": "2026-03-02", "to": "2026-03-02"}}
NEXT_DAY = {"time": {"from": "2026-03-03", "to": "2026-03-03"}}
TO_FIRST: dict[str, Any] = {"compare": [{"to": {"from": "2026-02-28", "to": "2026-03-01"}}]}


def pick(app: AppTest, name: str) -> AppTest:
    return answered(select(app, "Compare with").set_value(name).run())


def test_a_comparison_is_picked_and_removed(visit: Open) -> None:
    app = visit({**FUNNEL, **FIRST_DAY})
    assert select(app, "Compare with").value == "No comparison"
    app = pick(app, "Previous period")
    assert definition(app)["compare"] == [{"to": "previous"}]
    assert "No people reached Views in the other period (1 Mar 2026), so there is nothing to compare with." in text(app)
    app = pick(app, "No comparison")
    assert "compare" not in definition(app)


def test_custom_days_can_be_picked(visit: Open) -> None:
    app = pick(visit({**FUNNEL, **FIRST_DAY}), "Custom range")
    assert definition(app)["compare"] == [{"to": {"from": "2026-03-01", "to": "2026-03-01"}}]
    (start,) = [each for each in app.date_input if each.label == "Start date"]
    app = answered(start.set_value(date(2026, 2, 27)).run())
    assert definition(app)["compare"] == [{"to": {"from": "2026-02-27", "to": "2026-03-01"}}]


def test_a_refused_comparison_says_why(visit: Open) -> None:
    app = visit({**FUNNEL, "compare": [{"to": "last_year"}]})
    assert "A comparison needs a period with a start date." in text(app)
    app = visit({**FUNNEL, **NEXT_DAY, "compare": [{"to": {"from": "2026-03-01", "to": "2026-03-03"}}]})
    assert "share days" in text(app)


def test_two_groups_of_people_are_compared(visit: Open) -> None:
    """Of ten people, five view on a phone and five on a desktop. Three of each have a cart."""
    app = pick(visit({**FUNNEL, **FIRST_DAY}), "Two groups of people")
    assert definition(app).get("sides") is None  # the address keeps the last complete definition
    assert "Say who is in First group" in text(app)
    for place, value in enumerate(("phone", "desktop")):
        where = [each for each in app.selectbox if each.label == "Begins with an event where"][place]
        app = answered(where.set_value("device").run())
        (values,) = [each for each in app.multiselect if f"sides-{place}-where" in str(each.key)]
        app = answered(values.set_value([value]).run())
    (name,) = [each for each in app.text_input if each.label == "First group"]
    app = answered(name.set_value("On a phone").run())
    assert [side["name"] for side in definition(app)["sides"]] == ["On a phone", "Second group"]
    assert "On a phone: 60.0% got from Views to Carts, the same as Second group." in text(app)
    app = pick(app, "No comparison")
    assert "sides" not in definition(app)
    assert "60.0% of people got from Views to Carts." in text(app)


def test_a_kind_without_comparisons_has_no_such_field(visit: Open) -> None:
    scores = {"orders": {"metric": "revenue"}, "money": {"metric": "revenue"}}
    app = visit({"kind": "rfm", "v": 1, "subject": "person", **scores})
    assert not [each for each in app.selectbox if each.label == "Compare with"]


def test_channels_are_compared_with_another_period_but_not_by_filters(visit: Open) -> None:
    channels = {"channels": [{"metric": "views"}, {"metric": "carts"}], **FIRST_DAY}
    app = visit({"kind": "overlap", "v": 1, "subject": "person", **channels})
    assert "Two groups of people" not in select(app, "Compare with").options
    app = pick(app, "Previous period")
    assert definition(app)["compare"] == [{"to": "previous"}]
    assert "No people were reached in the other period (1 Mar 2026), so there is nothing to compare with." in text(app)


def test_paths_are_compared_with_another_period(visit: Open) -> None:
    paths: dict[str, Any] = {"kind": "paths", "v": 1, "subject": "person", "events": [{"metric": "carts"}]}
    app = visit({**paths, "from": {"metric": "views"}, **FIRST_DAY})
    assert "Two groups of people" not in select(app, "Compare with").options
    app = pick(app, "Previous period")
    assert definition(app)["compare"] == [{"to": "previous"}]
    assert "No people had such events in the other period (1 Mar 2026), so there is nothing to compare with." in text(
        app
    )
    app = visit({**paths, "to": {"metric": "checkouts"}, **FIRST_DAY, "compare": [{"to": "previous"}]})
    assert "followed back longer, so they can't be compared" in text(app)


def test_survival_says_why_it_is_not_compared(visit: Open) -> None:
    survival = {"first": {"metric": "views"}, "return": {"metric": "checkouts"}, "unit": "day", "survival": True}
    app = visit(
        {"kind": "retention", "v": 1, "subject": "person", **survival, **FIRST_DAY, "compare": [{"to": "previous"}]}
    )
    assert "people count only for as long as they're known" in text(app)
