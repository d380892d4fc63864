"""Checks on pages: the stewards' list, a metric's own checks, running them on click, and an answer's trust strip."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.config.settings import Settings
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.run.checks import Finding
from semantic.services.process import Live
from semantic.store.numbers.checks import begin_check_run, end_check_run, keep_findings
from tests.pages.whole_app import is_closed, open_app, show_pages_to
from tests.semantic.store.numbers.test_checks import NORA, checked_model
from tests.semantic.store.small_model import ANA, JONAS, write_model, write_rows
from tests.waiting import STUCK

Open = Callable[..., AppTest]


@pytest.fixture
def live(empty_store: Path, tmp_path: Path) -> Iterator[Live]:
    shutil.copyfile(empty_store, tmp_path / "store.sqlite")
    settings = Settings(
        data=str(write_rows(tmp_path / "rows.duckdb")),
        model=write_model(tmp_path / "model", checked_model() | {"model.yml": "model: {time_zone: Europe/Berlin}\n"}),
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


def test_before_the_first_run_the_page_says_so_and_a_click_runs_the_checks(visit: Open, live: Live) -> None:
    app = visit(ANA, links.CHECKS)
    assert "No checks have run yet" in words(app)
    app.button(key="checks-run").click()
    app.run()
    assert live.checks._asked is not None  # pyright: ignore[reportPrivateUsage] (the thread that looks)
    live.checks._asked.join(STUCK)  # pyright: ignore[reportPrivateUsage]
    app = visit(ANA, links.CHECKS)
    text = words(app)
    assert "Orders: country is unique: 1 repeats" in text
    assert "Used by 2 metrics." in text
    (table,) = app.dataframe
    assert [*table.value["State"]] == ["Failed", "Passed", "Passed", "Passed", "Passed"]


@pytest.mark.parametrize("by_now", [replace(ANA, roles=frozenset({"viewer"})), replace(ANA, viewed_by="otto")])
def test_a_person_who_lost_the_right_cannot_run_the_checks(by_now: Actor, visit: Open, live: Live) -> None:
    """The page stays open while the role is removed. A click uses the roles that the person has at that moment."""
    app = visit(ANA, links.CHECKS)
    visit(by_now, links.HOME)
    app.button(key="checks-run").click().run()
    assert live.checks._asked is None  # pyright: ignore[reportPrivateUsage] (the thread that looks)
    assert not app.exception


def test_a_store_outage_during_the_checks_leaves_the_page_usable(
    visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise StoreFailed("The store could not be read.")

    monkeypatch.setattr(live.checks, "look", away)
    with live.checks._looking:  # pyright: ignore[reportPrivateUsage] (as while they run)
        app = visit(ANA, links.CATALOGUE, m="revenue")
    assert not app.exception
    assert "Running. People's questions go first" in words(app)


def test_only_stewards_open_it(visit: Open) -> None:
    closed = visit(JONAS, links.CHECKS)
    assert [title.value for title in closed.title] == ["You don't have access to this page"]
    assert "It needs the steward role or higher. You're signed in as Jonas" in words(closed)
    assert not is_closed(visit(ANA, links.CHECKS))


def test_a_steward_with_row_rules_sees_how_many_checks_are_hidden(visit: Open, live: Live) -> None:
    live.checks.run(ANA)
    app = visit(replace(NORA, roles=frozenset({"steward"}), id="nora"), links.CHECKS)
    text = words(app)
    assert "country is unique" not in text
    assert "5 checks on data that you can see only in part, or not at all, are not listed." in text
    assert not any(len(frame.value) for frame in app.dataframe)


def test_a_failing_check_says_since_when_and_lists_its_changes(
    visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(ok: bool, hour: int) -> None:
        at = datetime(2026, 11, 24, hour, 10, tzinfo=UTC)
        finding = Finding(
            "orders", "country is unique" if ok else "country is unique: 1 repeats", ok, "unique", "orders.u"
        )
        monkeypatch.setattr(live.store, "_clock", lambda: at)
        with live.store.write(recorded=False) as transaction:
            about = {"model_version": "1", "data_version": "d"}
            assert begin_check_run(transaction, "a", 60)
            assert keep_findings(transaction, "a", "orders", [finding], seconds=60, **about)
            assert end_check_run(transaction, "a", ["orders"], is_whole=True, **about)

    for ok, hour in ((True, 3), (True, 4), (False, 6), (False, 7)):
        look(ok, hour)
    app = visit(ANA, links.CHECKS)
    assert "Failing since 24 Nov 2026, 07:10 Europe/Berlin, last passed 24 Nov 2026, 05:10 Europe/Berlin." in words(app)
    listed, frame = app.dataframe
    assert listed.value.to_dict("records") == [
        {
            "When": "24 Nov 2026, 07:10", "Dataset": "Orders", "Check": "country is unique: 1 repeats",
            "State": "Failed", "Before": "Passed from 24 Nov 2026, 04:10 to 24 Nov 2026, 05:10",
        }
    ]  # fmt: skip
    assert len(frame.value) == 1
    assert "times in Europe/Berlin" in words(app)
    assert "UTC" not in words(app)
    app = visit(replace(NORA, roles=frozenset({"steward"}), id="nora"), links.CHECKS)
    assert "country" not in words(app)
    assert not any(len(frame.value) for frame in app.dataframe)


def test_a_metrics_page_names_failed_checks_without_columns_for_marketers(visit: Open, live: Live) -> None:
    live.checks.run(ANA)
    text = words(visit(ANA, links.CATALOGUE, m="revenue"))
    assert "Orders: country is unique: 1 repeats, since" in text
    app = visit(JONAS, links.CATALOGUE, m="revenue")
    assert "Orders: some rows are duplicated, since" in words(app)
    assert "country is unique" not in words(app)
    assert not [button for button in app.button if button.key == "metric-checks-run"]


def badges(app: AppTest) -> str:
    return " | ".join(str(markdown.value) for markdown in app.markdown if "badge[" in str(markdown.value))


def test_an_answer_on_screen_turns_amber_with_the_next_run_of_the_page(visit: Open, live: Live) -> None:
    app = visit(JONAS, links.EXPLORE, m="revenue")
    assert "Check failed" not in badges(app)
    live.checks.run(ANA)
    app.run()
    assert "orange-badge[:material/rule: Check failed: Orders" in badges(app)
