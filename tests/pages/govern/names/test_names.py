"""The page Campaign names over its own store: what people see and what their clicks do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.govern.names import names
from pages.shell import links, once, session
from semantic.policy.actor import Actor
from semantic.services.process import Live
from tests.pages.whole_app import is_closed, open_app, show_pages_to
from tests.semantic.services.test_campaign_names import MIA, ROWS, open_live, rule_of
from tests.semantic.store.small_model import ANA

Open = Callable[..., AppTest]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    opened = open_live(tmp_path, [*ROWS, (6, "**bold** <b>[x](y)</b>_x_y", "Mia Muster", 1)])
    monkeypatch.setattr(session, "store", lambda: (opened.store, opened.keys))
    monkeypatch.setattr(session, "settings", lambda: opened.settings)
    yield opened
    opened.close()


@pytest.fixture
def visit(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    who: list[Actor] = []
    show_pages_to(monkeypatch, lambda: who[-1], live.workspace, live)

    drawn = names._table

    def open_page(person: Actor, select: tuple[str, ...] = (), **held: object) -> AppTest:
        """Open the page with these names selected.

        AppTest can't click a table's rows, so tests/browser tests that.
        """

        def selected(rows: dict[str, list[object]], key: str, alt: str, **how: bool) -> list[int]:
            drawn(rows, key, alt, **how)
            return [place for place, name in enumerate(rows.get("Name", ())) if name in select]

        monkeypatch.setattr(names, "_table", selected)
        who.append(person)
        return open_app(links.NAMES, held=held)

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join(texts).replace("\\", "")


def test_stewards_see_how_many_names_follow_and_what_is_wrong_with_the_others(visit: Open) -> None:
    app = visit(ANA)
    assert not app.exception
    assert "**1** of 5 names follow the rule, with **51.0%** of spend." in words(app)  # 100 of 196
    table = app.dataframe[0].value
    assert [*table["Name"]] == ["DE_gogle_shoes", "DE-google-coats", '=HYPERLINK("x")', "**bold** <b>[x](y)</b>_x_y"]
    assert str(table["Suggestion"].iloc[0]) == "DE_google_shoes"


def test_marketers_see_only_their_own_campaigns(visit: Open) -> None:
    app = visit(MIA)
    assert "HYPERLINK" not in str(app.dataframe[0].value)
    assert "Values" not in [str(one) for one in app.button_group[0].options]


@pytest.mark.parametrize("role", ["viewer", ""])
def test_people_without_the_role_cannot_open_the_page(visit: Open, role: str) -> None:
    assert is_closed(visit(replace(ANA, roles=frozenset([role] if role else []))))


def test_a_name_is_mapped_with_the_suggestion_and_undone(visit: Open, live: Live) -> None:
    app = visit(ANA, select=("DE_gogle_shoes",))
    assert app.text_input[0].value == "DE_google_shoes"
    app.button(key="names-map").click().run()
    assert [(one.found, one.meant) for one in rule_of(live).mapped] == [("DE_gogle_shoes", "DE_google_shoes")]
    assert "Mapped 1 campaign name. Numbers use it from version 2 on." in words(app)
    app.button(key="names-notice-act").click().run()
    assert rule_of(live).mapped == ()
    assert "Undone." in words(app)


def test_several_names_take_their_suggestions_or_are_accepted(visit: Open, live: Live) -> None:
    app = visit(
        ANA,
        select=(
            "DE_gogle_shoes",
            "DE-google-coats",
            '=HYPERLINK("x")',
        ),
    )
    app.button(key="names-suggested").click().run()
    assert [one.found for one in rule_of(live).mapped] == ["DE-google-coats", "DE_gogle_shoes"]
    app = visit(
        ANA,
        select=(
            '=HYPERLINK("x")',
            "**bold** <b>[x](y)</b>_x_y",
        ),
    )
    app.button(key="names-accept").click().run()
    assert len(rule_of(live).mapped) == 4
    assert "Every name follows the rule" in words(app)


def test_an_invalid_meaning_says_why_and_changes_nothing(visit: Open, live: Live) -> None:
    app = visit(ANA, select=("DE-google-coats",))
    app.text_input[0].set_value("nonsense")
    app.button(key="names-map").click().run()
    assert "doesn't follow the rule" in words(app)
    assert rule_of(live).mapped == ()


def test_rows_are_imported(visit: Open, live: Live) -> None:
    app = visit(ANA, **{"names-part": "Import and export"})
    app.text_area[0].set_value("found,meant\nDE-google-coats,nonsense\n").run()
    assert "Line 2" in words(app)
    app.text_area[0].set_value("found,meant\nDE-google-coats,DE_google_coats\n").run()
    app.button(key="names-import").click().run()
    assert [one.meant for one in rule_of(live).mapped] == ["DE_google_coats"]


def test_a_click_counts_for_the_person_at_that_moment(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(ANA, select=("DE_gogle_shoes",))
    show_pages_to(monkeypatch, lambda: replace(ANA, viewed_by="otto"), live.workspace, live)
    app.button(key="names-map").click().run()
    assert rule_of(live).mapped == ()


def test_without_a_rule_the_page_says_what_to_do(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.govern.names.names.rules_of", lambda seen: ())
    assert "No naming rules yet" in words(visit(ANA))
