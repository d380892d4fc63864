"""The Export menu of Explore: enabled with an answer, and disabled with a reason. Files are created on click."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.builder import question
from pages.explore.result import exports
from pages.shell import session
from semantic.display.export.export import KINDS, export
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.workspace import Workspace
from tests.waiting import STUCK

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
BY_CHANNEL = Query(metrics=("revenue",), by=(Breakdown("channel"),))
Open = Callable[..., AppTest]
Made = dict[str, dict[str, Any]]


@pytest.fixture
def who(workspace: Workspace) -> dict[str, Actor | None]:
    return {"asks": workspace.people["steward"]}


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Made:
    """Every download button of the last run, with its arguments."""
    offered: Made = {}

    def button(label: str, data: Callable[[], bytes], name: str, mime: str, **more: Any) -> bool:
        offered[more["key"]] = {"label": label, "make": data, "name": name, "mime": mime, **more}
        return False

    monkeypatch.setattr(exports.st, "download_button", button)
    return offered


@pytest.fixture
def explore(workspace: Workspace, who: dict[str, Actor | None], offered: Made, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setattr(session, "require", lambda role: (workspace, who["asks"]))
    monkeypatch.setattr(session, "actor_later", lambda: lambda: who["asks"])

    def open_page(asked: Query | None = None) -> AppTest:
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(query_to_params(asked) if asked else {})
        app.session_state["export"] = True  # the menu is open
        return app.run()

    return open_page


def popover(app: AppTest) -> Any:
    """Return the export control."""
    (block,) = [each_block for each_block in _blocks(app.main) if each_block.proto.popover.label == "Export"]
    return block.proto.popover


def _blocks(block: Any) -> Iterator[Any]:
    for child in getattr(block, "children", {}).values():
        if getattr(child, "proto", None) is not None and hasattr(child.proto, "popover"):
            yield child
        yield from _blocks(child)


def test_without_an_answer_export_is_disabled_and_says_so(explore: Open, offered: Made) -> None:
    refused = Query(metrics=("revenue",), by=(Breakdown("product"),))  # an order has many products
    control = popover(explore(refused))
    assert (control.disabled, control.help) == (True, "Nothing to export yet.")
    assert offered == {}


def test_an_answer_without_rows_says_so(explore: Open, offered: Made) -> None:
    app = explore(replace(BY_CHANNEL, where=Condition("channel", Operator.IN, ("Nowhere",))))
    assert popover(app).disabled
    assert "no rows" in popover(app).help
    assert offered == {}


def test_an_answer_can_be_exported_in_three_formats_and_as_a_picture(explore: Open, offered: Made) -> None:
    app = explore(BY_CHANNEL)
    assert not app.exception
    assert not popover(app).disabled
    assert [(button["name"], button["mime"]) for button in offered.values()] == [
        (f"Revenue by channel.{kind}", KINDS[kind].mime) for kind in KINDS
    ]
    assert not any(button["disabled"] for button in offered.values())
    assert any("Complete: 7 rows." in caption.value.replace("\\", "") for caption in app.caption)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_has_the_answer_on_screen(kind: Any, explore: Open, offered: Made, workspace: Workspace) -> None:
    app = explore(BY_CHANNEL)
    shown = app.session_state[question.KEY].result
    content = offered[f"export-{kind}"]["make"]()
    assert content == export(shown, workspace.visible(workspace.people["steward"]), kind)
    if kind == "xlsx":
        grid = [tuple(row) for row in app.dataframe[0].value.itertuples(index=False)]
        sheet = openpyxl.load_workbook(io.BytesIO(content))["Answer"]
        assert [row[: len(grid[0])] for row in sheet.iter_rows(min_row=2, values_only=True)] == grid
    if kind == "csv":
        assert [row[0] for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))][1:] == [
            row[0] for row in app.dataframe[0].value.itertuples(index=False)
        ]


def test_a_file_is_made_only_for_the_same_person(
    explore: Open, offered: Made, who: dict[str, Actor | None], workspace: Workspace
) -> None:
    explore(BY_CHANNEL)
    make = offered["export-xlsx"]["make"]
    assert make()
    steward = who["asks"]
    assert steward is not None
    for other in (None, workspace.people["dora"], replace(steward, roles=frozenset({"viewer"}))):
        who["asks"] = other
        with pytest.raises(exports.SignedOut):
            make()
    who["asks"] = replace(steward, claims_at=datetime.now(UTC))  # the provider has been asked again in the meantime
    assert make()


def test_only_formats_that_cannot_hold_the_answer_are_disabled(
    explore: Open, offered: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semantic.display.export.to_xlsx.ROWS", 5)
    explore(BY_CHANNEL)
    assert {key: button["disabled"] for key, button in offered.items()} == {
        "export-xlsx": True, "export-csv": False, "export-parquet": False,
    }  # fmt: skip
    assert "more than a spreadsheet can hold" in offered["export-xlsx"]["help"]


def test_a_changed_question_has_nothing_to_export_until_it_is_answered(explore: Open, offered: Made) -> None:
    app = explore(BY_CHANNEL)
    offered.clear()
    state = app.session_state[question.KEY]
    state.replace(Query(metrics=("revenue",), by=(Breakdown("product"),)))  # refused: orders have many products
    app.run()
    assert popover(app).disabled
    assert offered == {}


def test_a_picture_says_what_the_answer_is_filtered_by_and_whose_rows_it_has(
    explore: Open, workspace: Workspace
) -> None:
    app = explore(replace(BY_CHANNEL, where=Condition("device", Operator.IN, ("mobile",))))
    shown = app.session_state[question.KEY].result
    dora = workspace.people["dora"]
    for_dora = workspace.ask(shown.query, dora)
    said = exports._picture_texts(shown, workspace.visible(workspace.people["steward"]))
    assert said["lines"] == ["All time. Europe/Berlin", "Device is mobile"]
    assert exports._picture_texts(for_dora, workspace.visible(dora))["lines"] == [
        "All time. Europe/Berlin",
        "Device is mobile",
        "Scope: DE",
    ]
