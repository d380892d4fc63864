"""Explore with labels from another dimension: fields, chips and the table show names, and the address has codes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from semantic.config.settings import Settings
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.pages.explore_page import BY_CHANNEL, Open, asked, held, picker, popovers, press, rows, words
from tests.shop import SHOP, ShopWorkspace

BY_DEVICE = Query(metrics=("revenue",), by=(Breakdown("device"),))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The small shop, whose orders have a column with the names of devices."""
    folder = tmp_path_factory.mktemp("named")
    shutil.copytree(SHOP, folder / "model")
    shop = folder / "model" / "shop.yml"
    text = shop.read_text(encoding="utf-8")
    named = "{name: device, labels_from: device_name}\n      - {name: device_name, sql: \"'The ' || device\"}"
    shop.write_text(text.replace("{name: device}", named, 1), encoding="utf-8")
    data = copy_shop(folder / "shop.duckdb")
    opened = ShopWorkspace.open(Settings(data=str(data), model=folder / "model", mask_key="a key of the tests"))
    yield opened
    opened.close()


def test_options_show_names_and_ask_with_codes(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    picker(app, "Filter by").set_value("device").run()
    field = picker(app, "Device")
    assert set(field.options) == {"The mobile", "The desktop", "The kiosk", "(none)"}
    field.set_value(["kiosk"]).run()
    app = press(app, "Add filter")
    assert asked(app).where == Condition("device", Operator.IN, ("kiosk",))
    assert (held(app).address or {})["f"] == ["device:in:kiosk"]
    assert "Device: The kiosk" in popovers(app)
    assert "Device is The kiosk" in words(app)


def test_a_filter_from_a_link_and_the_table_have_names(explore: Open) -> None:
    app = explore(replace(BY_DEVICE, where=Condition("device", Operator.NOT_IN, ("mobile",))))
    assert "Device: not The mobile" in popovers(app)
    found = dict(rows(app))
    assert {"The desktop", "The kiosk"} <= found.keys()
    assert not {"desktop", "kiosk"} & found.keys()
    assert found["The kiosk"] == 1280
