"""Saving on the page Analyses: as a new analysis, as the next version, the list of versions, and opening a saved
analysis by its address.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from pages.analyses.opening import KEY
from pages.analyses.share import link_of
from pages.shell import links
from semantic.analyses.events.definition import analysis_from_data
from semantic.policy.actor import Actor
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.store.spaces.spaces import make_space
from tests.pages.analyses.conftest import FUNNEL, Open, answered
from tests.pages.conftest import OpensWhenAsked
from tests.pages.whole_app import open_app
from tests.semantic.analyses.events.logged import LoggedWorkspace

STRICT = FUNNEL | {"order": "strict"}


@pytest.fixture
def work(store: OpensWhenAsked, log: LoggedWorkspace) -> SavedAnalyses:
    """Ana's saved analyses."""
    return SavedAnalyses(*store(), log, log.people["ana"])


def words(app: AppTest) -> str:
    assert not app.exception
    every = (*app.title, *app.subheader, *app.header, *app.markdown, *app.caption, *app.warning)
    return "\n".join(str(each.value) for each in every).replace("\\", "")


def press(app: AppTest, key: str) -> AppTest:
    return answered(app.button(key=key).click().run())


def opened(saved: str, a: str = "") -> AppTest:
    return answered(open_app(links.ANALYSES, saved=saved, a=a) if a else open_app(links.ANALYSES, saved=saved))


def change(app: AppTest, data: dict[str, Any]) -> AppTest:
    """Pick another definition, as the form does."""
    app.session_state[KEY].show(data)
    return answered(app.run())


def test_an_analysis_is_saved_as_new_and_then_as_a_version(visit: Open, work: SavedAnalyses) -> None:
    app = press(visit(FUNNEL), "analysis-save")
    (name,) = [field for field in app.text_input if field.label == "Name"]
    assert name.value == "From Views to Carts"
    name.set_value("View to cart").run()
    app = press(app, "analysis-save-new")
    (head,) = work.analyses()
    assert (head.name, head.version, head.space) == ("View to cart", 1, "")
    assert app.query_params[links.SAVED] == head.id
    assert "**View to cart** :gray[private to you, version 1]" in words(app)
    assert app.session_state["saved_last"] == "Analyses"  # what the page Saved opens with

    app = change(app, STRICT)
    assert "Changed" in words(app)
    app = press(app, "analysis-save")
    app.text_input(key="analysis-save-note").set_value("Nothing in between").run()
    app = press(app, "analysis-save-version")
    assert "version 2]" in words(app)
    assert [version.note for version in work.versions(head.id)] == ["Nothing in between", ""]
    assert work.open(head.id).analysis == analysis_from_data(STRICT)


def test_a_saved_analysis_opens_by_its_address_with_its_changes(visit: Open, work: SavedAnalyses) -> None:
    saved = work.save(analysis_from_data(FUNNEL), name="View to cart")
    app = visit()
    app = opened(saved)
    assert "60.0% of people got from Views to Carts." in words(app)
    assert "Changed" not in words(app)
    app = opened(saved, a=json.dumps(STRICT))
    assert "Changed" in words(app)
    app = press(app, "analysis-revert")
    assert "Changed" not in words(app)
    assert app.session_state[KEY].data == analysis_from_data(FUNNEL).data


def test_an_earlier_version_is_shown_and_restored(visit: Open, work: SavedAnalyses) -> None:
    saved = work.save(analysis_from_data(FUNNEL), name="View to cart")
    work.save_version(saved, analysis_from_data(STRICT), revision=1, note="Strict")
    visit()
    app = press(opened(saved), "analysis-versions")
    assert "**Version 2**" in words(app)
    assert "“Strict”" in words(app)
    app = press(app, "analysis-version-show-1")
    assert app.session_state[KEY].data == analysis_from_data(FUNNEL).data
    app = press(press(app, "analysis-versions"), "analysis-version-restore-1")
    assert work.open(saved).head.version == 3
    assert "Changed" not in words(app)


def test_another_persons_private_analysis_reads_as_missing(
    visit: Open, work: SavedAnalyses, asks: dict[str, Actor], log: LoggedWorkspace
) -> None:
    saved = work.save(analysis_from_data(FUNNEL), name="View to cart")
    visit()
    asks["now"] = log.people["dora"]
    for sought in (saved, "0" * 32, "x" * 500, "<b>"):
        app = opened(sought)
        assert "View to cart" not in words(app)
        assert links.SAVED not in app.query_params


def test_the_link_to_a_shared_analysis_is_short(visit: Open, work: SavedAnalyses) -> None:
    """Others can't open private analyses, and open only the newest version of shared ones.

    In any other case, the link has the whole definition.
    """
    address = "https://samepage.example/analyses?a=x"
    with work.store.write() as transaction:
        team = make_space(transaction, "Team", work.actor, work.keys).id
    shared = work.save(analysis_from_data(FUNNEL), name="Shared", sentence="For Mondays", space=team)
    private = work.save(analysis_from_data(FUNNEL), name="Private")
    visit()
    app = opened(shared)
    assert link_of(app.session_state[KEY], address) == f"https://samepage.example/analyses?saved={shared}"
    app = change(app, STRICT)
    assert link_of(app.session_state[KEY], address).startswith("https://samepage.example/analyses?a=%7B")
    app = opened(private)
    long = link_of(app.session_state[KEY], address)
    assert json.loads(unquote(long.partition("?a=")[2])) == FUNNEL


def test_others_save_a_copy(visit: Open, work: SavedAnalyses, asks: dict[str, Actor], log: LoggedWorkspace) -> None:
    with work.store.write() as transaction:
        space = make_space(transaction, "Everyone", work.actor, work.keys).id
    saved = work.save(analysis_from_data(FUNNEL), name="**View** to cart", space=space)
    visit()
    asks["now"] = log.people["dora"]
    app = opened(saved)
    assert "by Ana in Everyone, version 1" in words(app)
    app = press(change(app, STRICT), "analysis-save")
    assert "Only the owner and stewards can change “**View** to cart”. Save your own copy." in words(app)
    app = press(app, "analysis-save-new")
    theirs = SavedAnalyses(work.store, work.keys, log, log.people["dora"])
    assert [head.is_mine for head in theirs.analyses()] == [True, False]
    assert work.open(saved).head.version == 1
