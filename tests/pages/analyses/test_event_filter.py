"""Filters of an event on the page: several at once, with alternatives, as definitions have them."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.analyses.opening import KEY
from pages.explore.builder.event_filter import filter_of, groups_of
from semantic.query.filters import filter_data, read_filter
from tests.pages.analyses.conftest import FUNNEL, Open, answered
from tests.pages.analyses.test_page import button, definition, select, text

PHONE: dict[str, Any] = {"dim": "device", "op": "in", "values": ["phone"]}
GERMANY: dict[str, Any] = {"dim": "market", "op": "in", "values": ["DE"]}
FRANCE: dict[str, Any] = {"dim": "market", "op": "in", "values": ["FR"]}
APPLES: dict[str, Any] = {"dim": "product", "op": "in", "values": ["apple"]}


@pytest.mark.parametrize(
    "where",
    [
        PHONE,
        {"and": [PHONE, GERMANY]},
        {"or": [PHONE, GERMANY]},
        {"and": [PHONE, {"or": [GERMANY, FRANCE]}]},
        {"and": [{"or": [PHONE, APPLES]}, {"or": [GERMANY, FRANCE]}]},
    ],
)
def test_fields_show_the_definitions_filters(where: dict[str, Any]) -> None:
    part = read_filter(where)
    groups = groups_of(part)
    assert groups is not None
    said = filter_of(groups)
    assert said is not None
    assert filter_data(said) == where


@pytest.mark.parametrize(
    "where", [{"not": PHONE}, {"or": [{"and": [PHONE, GERMANY]}, FRANCE]}, {"and": [PHONE, {"segment": "gift_givers"}]}]
)
def test_other_combinations_have_no_fields(where: dict[str, Any]) -> None:
    assert groups_of(read_filter(where)) is None


def test_an_event_without_filters_has_no_groups() -> None:
    assert groups_of(None) == []
    assert filter_of([]) is filter_of([[]]) is None


def opened(app: AppTest) -> AppTest:
    """Return the page with a step's menu open. AppTest forgets on every run that it's open."""
    app.session_state[f"analysis-{app.session_state[KEY].generation}-funnel-step-0-more"] = True
    return app


def of_step(where: dict[str, Any] | None) -> dict[str, Any]:
    first = {"metric": "views"} | ({"where": where} if where is not None else {})
    return FUNNEL | {"steps": [first, {"metric": "carts"}]}


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.selectbox if each.label in ("Only where", "And where", "Or where")]


def test_filters_from_a_link_fill_the_fields_and_stay(visit: Open) -> None:
    where = {"and": [PHONE, {"or": [GERMANY, FRANCE]}]}
    app = opened(visit(of_step(where))).run()
    assert labels(app) == ["Only where", "And where", "Or where"]
    assert definition(app)["steps"][0]["where"] == where
    assert "60.0% of people got from Views to Carts." in text(app)  # three of the five with a phone


def test_a_filter_can_be_added_and_removed(visit: Open) -> None:
    app = opened(visit(of_step(PHONE))).run()
    app = opened(button(opened(app), "Add filter").click().run())
    app = opened(select(opened(app.run()), "And where").select("market").run())
    values = next(each for each in app.multiselect if "1.0" in (each.key or ""))
    app = answered(opened(values.select("DE").run()))
    assert definition(app)["steps"][0]["where"] == {"and": [PHONE, GERMANY]}
    # All three with a phone in Germany added to the cart.
    assert "100.0% of people got from Views to Carts." in text(app)
    app = opened(app).run()
    app = answered(opened(select(app, "Only where").select_index(0).run()))
    assert definition(app)["steps"][0]["where"] == GERMANY
    assert labels(opened(app).run()) == ["Only where"]
    assert definition(app)["steps"][0]["where"] == GERMANY


def test_an_alternative_can_be_added(visit: Open) -> None:
    app = opened(visit(of_step(GERMANY))).run()
    app = opened(button(opened(app), "Or…").click().run())
    app = opened(select(opened(app.run()), "Or where").select("device").run())
    values = next(each for each in app.multiselect if "0.1" in (each.key or ""))
    app = answered(opened(values.select("phone").run()))
    assert definition(app)["steps"][0]["where"] == {"or": [GERMANY, PHONE]}


def test_a_filter_that_fields_cannot_show_can_be_removed(visit: Open) -> None:
    app = opened(visit(of_step({"not": PHONE}))).run()
    assert labels(app) == []
    app = answered(button(app, "Remove filter").click().run())
    assert "where" not in definition(app)["steps"][0]
