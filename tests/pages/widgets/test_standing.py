"""A deprecated metric on pages: its answer is marked and offers the replacement, and lists show it last."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.process import Live
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.store.small_model import JONAS, small_model, write_model, write_rows

Open = Callable[..., AppTest]
OLD = "  - {name: sales, measure: orders.amount, label: Sales, deprecated: {since: 2026-04-01, replaced_by: revenue"


@pytest.fixture(params=["shown", "hidden"])
def live(request: pytest.FixtureRequest, empty_store: Path, tmp_path: Path) -> Iterator[Live]:
    """The model with a deprecated metric. In one of two cases, its replacement is hidden."""
    shutil.copyfile(empty_store, tmp_path / "store.sqlite")
    files = small_model()
    files["orders.yml"] += f"{OLD}, reason: Refunds were left in}}}}\n"
    if request.param == "hidden":
        grant = "grant: {metrics: all, dimensions: all}"
        denied = f"{grant}\n    deny: {{metrics: [revenue]}}"
        files["access/policies.yml"] = files["access/policies.yml"].replace(grant, denied)
    settings = Settings(
        data=str(write_rows(tmp_path / "rows.duckdb")),
        model=write_model(tmp_path / "model", files),
        store=str(tmp_path / "store.sqlite"),
        audit_key="a key of tests that is long enough for it",
    )
    opened = Live.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def visit(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page as a person."""
    who: list[Actor] = []
    show_pages_to(monkeypatch, lambda: who[-1], live.workspace, live)

    def open_page(person: Actor, page: str, **address: Any) -> AppTest:
        who.append(person)
        return open_app(page, **address)

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join(texts).replace("\\", "")


@pytest.mark.parametrize("live", ["shown"], indirect=True)
def test_an_answer_offers_the_replacement_metric(visit: Open) -> None:
    app = visit(JONAS, links.EXPLORE, m="sales")
    text = words(app)
    assert "orange-badge[:material/history_toggle_off: Deprecated" in text
    assert "Sales: deprecated since 1 Apr 2026. Refunds were left in." in text
    (press,) = [button for button in app.button if button.label == "Use Revenue instead"]
    press.click()
    app.run()
    assert app.title[0].value == "Revenue"
    assert "deprecated" not in words(app)


@pytest.mark.parametrize("live", ["hidden"], indirect=True)
def test_a_metric_that_is_hidden_is_not_offered(visit: Open) -> None:
    app = visit(JONAS, links.EXPLORE, m="sales")
    assert "Sales: deprecated since 1 Apr 2026. Refunds were left in." in words(app)
    assert not [button for button in app.button if button.label.startswith("Use ")]
    assert "Revenue" not in words(app)


@pytest.mark.parametrize("live", ["shown"], indirect=True)
def test_the_catalogue_lists_a_deprecated_metric_last_and_its_page_names_the_replacement(visit: Open) -> None:
    app = visit(JONAS, links.CATALOGUE)
    text = words(app)
    assert "orange-badge[:material/history_toggle_off: Deprecated" in text
    named = [link.proto.label for link in app.get("page_link") if link.proto.query_string.startswith("m=")]
    assert named == ["**Orders**", "**Revenue**", "**Sales**"]
    page = words(visit(JONAS, links.CATALOGUE, m="sales"))
    assert "Sales: deprecated since 1 Apr 2026. Use Revenue. Refunds were left in." in page
