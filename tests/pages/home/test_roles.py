"""Home by role: targets first for leaders, the queue for stewards. If one part fails, the others still work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.query.query import Query
from semantic.services.targets.work import TargetWork
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE
from semantic.targets.target import Target
from tests.pages.conftest import OpensWhenAsked
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.paced import MODEL, PacedWorkspace, open_paced

CERTIFIED = MODEL.replace("{name: revenue, label", "{name: revenue, certified: {by: Stew, until: 2026-01-20}, label")
Open = Callable[[str], AppTest]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(Path(tmp_path_factory.mktemp("home")), model=CERTIFIED)
    yield opened
    opened.close()


@pytest.fixture
def home(workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    who = {"asks": workspace.people["ana"]}
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_home(person: str) -> AppTest:
        who["asks"] = workspace.people[person]
        app = open_app(links.HOME)
        assert not app.exception
        return app

    yield open_home
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    texts += [link.proto.label for link in app.get("page_link")]
    return " | ".join(texts).replace("\\", "").replace("*", "")


def keep(workspace: PacedWorkspace, store: OpensWhenAsked, value: int) -> None:
    first, last = date(2026, 1, 1), date(2026, 1, 31)
    target = Target(metric="revenue", value=Decimal(value), first=first, last=last)
    TargetWork(*store(), workspace, workspace.people["stew"]).keep([target])


def test_a_leader_reads_first_which_targets_are_behind(
    home: Open, workspace: PacedWorkspace, store: OpensWhenAsked
) -> None:
    # 12,000 by the tenth of January, when 10/31 of 62,000 were due: 20,000.
    keep(workspace, store, 62_000)
    app = home("ana")
    texts = words(app)
    assert "Behind target: Revenue €12.0K, 60% of target to date." in texts
    assert texts.index("Behind target") < texts.index("Key metrics")
    assert "€12.0K" in [metric.value for metric in app.metric]


def test_a_leader_reads_that_targets_are_projected_to_be_reached(home: Open) -> None:
    assert "The target has been reached or is projected to be." in words(
        home("ana")
    )  # 31,000 in the model, 37,200 projected


def test_without_visible_targets_a_leader_has_no_targets_block(home: Open) -> None:
    texts = words(home("nora"))  # who sees revenue but not the plan
    assert "Revenue" in texts
    assert "Targets" not in texts
    assert "31.0K" not in texts


def test_marketers_have_no_queue_and_no_targets_on_home(home: Open) -> None:
    texts = words(home("mark"))
    assert "Your queue" not in texts
    assert "of target to date" not in texts


def test_a_stewards_queue_has_one_action_for_each_row(
    home: Open, workspace: PacedWorkspace, store: OpensWhenAsked
) -> None:
    opened, keys = store()
    with opened.write() as transaction:
        save_question(
            transaction, Content(query=Query(metrics=("revenue", "margin"))), workspace.people["stew"], keys,
            name="Old margin", sentence="", space=MINE,
        )  # fmt: skip
    app = home("stew")
    texts = words(app)
    assert "Your queue (2)" in texts
    assert "Certification expires on 20 Jan 2026." in texts
    actions = {
        link.proto.label.replace("\\", "").replace("*", ""): link.proto.query_string for link in app.get("page_link")
    }
    assert actions["Renew Revenue"] == "o=metric%2Frevenue"
    assert actions["Fix Old margin"].startswith("saved=")
    assert "clear" not in texts


def test_a_clear_queue_says_when_the_next_certification_expires(
    home: Open, workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "day", date(2025, 12, 20))  # 31 days before
    assert "Your queue is clear. The next certification expires on 20 Jan 2026." in words(home("stew"))


def test_each_part_fails_on_its_own(home: Open, store: OpensWhenAsked) -> None:
    store.is_away = True
    texts = words(home("stew"))
    parts = "checks, reviews, drafts, saved questions, requests, oversight"
    assert f"Couldn't load {parts}. Reload to try again." in texts
    assert "Certification expires on 20 Jan 2026." in texts
    assert "Key metrics" in texts
    leader = words(home("ana"))
    assert "Couldn't load targets." in leader
    assert "Key metrics" in leader


def test_the_scope_is_next_to_the_title(home: Open) -> None:
    assert "DE only" in words(home("dora"))
    assert "DE only" not in words(home("mark"))
