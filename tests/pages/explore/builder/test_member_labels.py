"""Explore with labels for members: fields, chips, the table and files show labels, and the address has the codes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pages.explore.builder.filters import find_filters
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Condition, Filter, Operator, Query
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.pages.explore_page import BY_CHANNEL, Open, asked, held, picker, popovers, press, rows, words
from tests.shop import SHOP, ShopWorkspace

BY_DEVICE = Query(metrics=("revenue",), by=(Breakdown("device"),))
ON_KIOSKS = replace(BY_CHANNEL, where=Condition("device", Operator.IN, ("kiosk",)))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The small shop, whose devices have labels."""
    folder = tmp_path_factory.mktemp("labelled")
    shutil.copytree(SHOP, folder / "model")
    shop = folder / "model" / "shop.yml"
    text = shop.read_text(encoding="utf-8")
    labelled = "{name: device, labels: {kiosk: Shop terminal, mobile: Phone}}"
    shop.write_text(text.replace("{name: device}", labelled, 1), encoding="utf-8")
    data = copy_shop(folder / "shop.duckdb")
    opened = ShopWorkspace.open(Settings(data=str(data), model=folder / "model", mask_key="a key of the tests"))
    yield opened
    opened.close()


def test_options_show_labels_and_ask_with_codes(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    picker(app, "Filter by").set_value("device").run()
    field = picker(app, "Device")
    assert set(field.options) == {"Phone", "desktop", "Shop terminal", "(none)"}
    field.set_value(["kiosk"]).run()
    app = press(app, "Add filter")
    assert asked(app).where == Condition("device", Operator.IN, ("kiosk",))
    assert (held(app).address or {})["f"] == ["device:in:kiosk"]
    assert rows(app) == [("Other", 1280)]
    assert "Device: Shop terminal" in popovers(app)
    assert "Device is Shop terminal" in words(app)


def test_a_filter_from_a_link_shows_its_label(explore: Open) -> None:
    assert "Device: not Shop terminal, Phone" in popovers(
        explore(replace(BY_CHANNEL, where=Condition("device", Operator.NOT_IN, ("kiosk", "mobile"))))
    )


def test_the_table_shows_labels(explore: Open) -> None:
    found = dict(rows(explore(BY_DEVICE)))
    assert {"Phone", "Shop terminal", "desktop"} <= found.keys()
    assert not {"mobile", "kiosk"} & found.keys()
    assert found["Shop terminal"] == 1280


def test_a_pasted_label_is_picked(explore: Open) -> None:
    app = explore(ON_KIOSKS, "filter-0")
    key = held(app).key("filter-0")
    app.session_state[f"{key}-paste"] = True
    app.session_state[f"{key}-paste-text"] = "phone\ndesktop\nfax"
    app.session_state[key] = True
    app.run()
    assert "“fax” doesn't occur in this period." in words(app)
    app.session_state[key] = True
    app.session_state[f"{key}-paste"] = True
    press(app, "Pick 2 values")
    assert asked(app).where == Condition("device", Operator.IN, ("kiosk", "mobile", "desktop"))


@pytest.mark.parametrize("text", ["terminal", "kios"])
def test_a_member_of_the_answer_is_found_by_label_and_by_code(
    explore: Open, workspace: Workspace, steward: Actor, text: str
) -> None:
    app = explore(BY_DEVICE)
    offers: dict[str, Filter] = {}
    found = find_filters(text, held(app), workspace.visible(steward), workspace.preflight(BY_DEVICE, steward), offers)
    assert [one.label for one in found.rows[:2]] == ["Exclude Shop terminal", "Only Shop terminal"]
    assert offers[found.rows[1].name] == Condition("device", Operator.IN, ("kiosk",))
