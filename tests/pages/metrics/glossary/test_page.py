"""The page Glossary over the small shop: search, kinds, one term by its address, files, and the terms that each person
sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.metrics.glossary import list as term_list
from pages.shell import links, once
from semantic.policy.actor import Actor
from semantic.services.glossary import glossary
from semantic.workspace import Workspace
from tests.pages.whole_app import open_app, show_pages_to

Open = Callable[..., AppTest]


@pytest.fixture
def visit(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_page(**params: str) -> AppTest:
        app = open_app(links.GLOSSARY, held=None, **params)
        assert not app.exception
        return app

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(one.value) for kind in (app.title, app.subheader, app.markdown, app.caption) for one in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def search(app: AppTest, text: str) -> str:
    app.text_input(key="term-search").set_value(text).run()
    assert not app.exception
    return words(app)


def pills(app: AppTest, label: str) -> Any:
    (found,) = [one for one in app.button_group if one.label == label]
    return found


def test_terms_are_under_their_letters(visit: Open, workspace: Workspace, who: dict[str, Actor]) -> None:
    said = words(visit())
    assert "Glossary" in said
    assert "| A |" in said
    every = glossary(workspace, who["asks"], with_values=True)
    assert {"Revenue", "Channel", "Receipt", "Week"} <= {entry.term for entry in every}


def test_a_letter_and_a_kind_narrow_the_list(visit: Open) -> None:
    app = visit()
    said = words(pills(app, "First letter").set_value("W").run())
    assert "Weeks begin on" in said
    assert "**Receipt**" not in said
    app = visit()
    said = words(pills(app, "Kind").set_value("Samepage terms").run())
    assert "**Receipt**" in said
    assert "**Revenue**" not in said


def test_a_search_finds_names_synonyms_and_meanings_and_short_results_have_links(visit: Open) -> None:
    app = visit()
    said = search(app, "receipt")
    assert "**Receipt** &nbsp;:small[:gray[Samepage term]]" in said
    said = search(app, "confidence interval")
    assert "**Interval**" in said
    assert "Open metric" not in [link.proto.label for link in app.get("page_link")]
    search(app, "mean order")
    assert "Open metric" in [link.proto.label for link in app.get("page_link")]


def test_an_empty_search_offers_similar_terms(visit: Open) -> None:
    app = visit()
    said = search(app, "reciept")
    assert "No results for “reciept”" in said
    (near,) = [button for button in app.button if button.label == "Receipt"]
    near.click().run()
    assert "**Receipt**" in words(app)
    search(app, "qqqqq")
    app.button(key="terms-clear").click().run()
    assert "No results" not in words(app)


def test_a_search_within_a_kind_leads_to_the_others(visit: Open) -> None:
    app = pills(visit(), "Kind").set_value("Metrics").run()
    said = search(app, "receipt")
    assert "No results for “receipt” in Metrics" in said
    (button,) = [button for button in app.button if button.label == "Search all kinds"]
    assert "**Receipt**" in words(button.click().run())


def test_a_term_has_an_address_of_its_own(visit: Open) -> None:
    said = words(visit(term="metric.revenue"))
    assert "**Revenue**" in said
    assert "**Receipt**" not in said
    app = visit(term="term.receipt")
    app.button(key="terms-back").click().run()
    assert "| A |" in words(app)


@pytest.mark.parametrize("key", ["metric.nothing", "metric", "", "value.channel.<script>", "x" * 5_000])
def test_an_unknown_address_says_the_same_as_one_that_is_hidden(visit: Open, key: str) -> None:
    app = visit(term=key)
    said = words(app)
    if not key:
        assert "| A |" in said
        return
    assert "It may have been renamed, or you don't have access." in said
    assert len(said) < 500


def test_all_terms_can_be_shown_at_once(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(term_list, "PAGE", 10)
    app = visit()
    assert "**Receipt**" not in words(app)
    (button,) = [button for button in app.button if button.label.startswith("Show all ")]
    assert "**Receipt**" in words(button.click().run())


def test_a_person_sees_only_terms_that_they_can_access(
    visit: Open, workspace: Workspace, who: dict[str, Actor]
) -> None:
    everything = {entry.key for entry in glossary(workspace, who["asks"], with_values=True)}
    who["asks"] = Actor(id="nobody", roles=frozenset({"viewer"}))
    seen = {entry.key for entry in glossary(workspace, who["asks"], with_values=True)}
    hidden = {key for key in everything - seen if key.startswith("metric.")}
    assert hidden
    app = visit(term=min(hidden))
    assert "It may have been renamed, or you don't have access." in words(app)


def files(app: AppTest) -> set[str]:
    if "terms-export" not in app.session_state:
        return set()
    app.session_state["terms-export"] = True
    app.run()
    return {one.proto.label for one in app.get("download_button")}


def test_people_who_view_as_someone_get_no_files(visit: Open, who: dict[str, Actor]) -> None:
    assert files(visit()) == {"CSV", "Markdown"}
    who["asks"] = replace(who["asks"], viewed_by="ana")
    assert files(visit()) == set()
