"""Saved analyses in the list on the page Saved, and in the palette."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from pages.shell import links
from semantic.analyses.events.definition import analysis_from_data
from semantic.policy.actor import Actor
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.store.analyses.analyses import save_analysis
from semantic.store.analyses.versions import Definition
from semantic.store.spaces.spaces import MINE, make_space
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import press, words
from tests.pages.palettes import palette
from tests.pages.saved.saving import MARKETER, Visit, field_of, links_on, press_key

ASKED: dict[str, Any] = {"kind": "funnel", "subject": "customer", "steps": ["order_count", "calls"]}


def save(store: OpensWhenAsked, actor: Actor, name: str, *, space: str = "", sentence: str = "") -> str:
    """Save an analysis directly in the store, because some people who save here aren't in the model."""
    opened, keys = store()
    analysis = analysis_from_data(ASKED)
    definition = Definition(text=analysis.text, kind="funnel", metrics=("order_count", "calls"))
    with opened.write() as transaction:
        place = make_space(transaction, space, actor, keys).id if space else MINE
        return save_analysis(transaction, definition, actor, keys, name=name, sentence=sentence, space=place)


def listed(visit: Visit) -> AppTest:
    app = visit(links.SAVED_LIST)
    field_of(app, "Show").set_value("Analyses").run()
    return app


def test_the_list_is_searched_and_filtered(visit: Visit, store: OpensWhenAsked, who: dict[str, Actor]) -> None:
    save(store, MARKETER, "Order to **call**", space="Team Paid", sentence="Every Monday")
    save(store, who["asks"], "My idea")
    save(store, MARKETER, "Mo's secret")
    app = listed(visit)
    assert sorted(links_on(app)) == ["**My idea**", "**Order to **call****"]
    assert "Funnel. Every Monday" in words(app)
    field_of(app, "Search saved analyses").set_value("funnel mond").run()
    assert links_on(app) == ["**Order to **call****"]
    field_of(app, "Search saved analyses").set_value("secret").run()
    assert "No saved analyses match" in words(app)
    app = press(app, "Show all")
    field_of(app, "Space").set_value("Only me").run()
    assert links_on(app) == ["**My idea**"]


def test_an_analysis_is_renamed_moved_archived_and_restored(
    visit: Visit, workspace: Workspace, store: OpensWhenAsked, who: dict[str, Actor]
) -> None:
    saved = save(store, who["asks"], "My idea")
    save(store, MARKETER, "Theirs", space="Team Paid")
    app = press_key(listed(visit), f"edit-analysis-{saved}")
    field_of(app, "Name").set_value("Order to call").run()
    field_of(app, "Visibility").set_value("Team Paid").run()
    app = press_key(app, f"edit-{saved}-1-save")
    head = SavedAnalyses(*store(), workspace, who["asks"]).open(saved).head
    assert (head.name, head.space_name, head.revision) == ("Order to call", "Team Paid", 3)
    app = press_key(press_key(listed(visit), f"edit-analysis-{saved}"), f"edit-{saved}-3-archive")
    assert links_on(listed(visit)) == ["**Theirs**"]
    assert SavedAnalyses(*store(), workspace, who["asks"]).open(saved).head.is_archived


def test_the_page_opens_with_what_was_shown_or_saved_last(
    visit: Visit, store: OpensWhenAsked, who: dict[str, Actor]
) -> None:
    save(store, who["asks"], "My idea")
    app = visit(links.SAVED_LIST)
    assert field_of(app, "Show").value == "Questions"
    field_of(app, "Show").set_value("Analyses").run()
    app = app.switch_page(links.GLOSSARY).run().switch_page(links.SAVED_LIST).run()
    assert field_of(app, "Show").value == "Analyses"
    assert links_on(app) == ["**My idea**"]


def test_an_empty_list_says_how_to_start(visit: Visit) -> None:
    app = listed(visit)
    assert "No saved analyses yet" in words(app)
    assert "Open Analyses" in [button.label for button in app.button]


def test_the_palette_finds_saved_analyses(visit: Visit, store: OpensWhenAsked, who: dict[str, Actor]) -> None:
    mine = save(store, who["asks"], "Zebra funnel", sentence="Of stripes")
    save(store, MARKETER, "Zebra of Mo")
    found = palette(visit(links.HOME))
    assert found.labels("zebra") == {"Saved analyses": ["Zebra funnel"]}
    opened = found.pick("zebra", "Zebra funnel")
    assert not opened.exception
    assert opened.query_params[links.SAVED] == mine
