"""The page Definitions with a synced folder: its changes are reviewed in a draft, and its problems are listed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pages.shell import session
from semantic.model.editing.objects import ObjectKind
from semantic.services.drafts import list_drafts
from semantic.services.synced.offer import follow
from tests.pages.govern.definitions.test_page import describe, open_page, publish, running, words
from tests.pages.signing_in import sign_in

MARKETING = Path(__file__).parents[4] / "semantic" / "marketing"
SPEND = (ObjectKind.METRIC, "spend")


@pytest.fixture
def folder(cookies: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with the published model, which has been synced once."""
    folder = tmp_path / "clone"
    shutil.copytree(MARKETING, folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("abc1234" + "0" * 33)
    monkeypatch.setenv("SAMEPAGE_SYNCED_FOLDER", str(folder))
    sign_in(cookies, "ana")
    follow(session.live(), folder)
    return folder


def change(folder: Path, old: str = "Ad spend", new: str = "Advertising cost") -> None:
    path = folder / "metrics_ads.yml"
    text = path.read_text()
    assert f"label: {old}\n" in text
    path.write_text(text.replace(f"label: {old}\n", f"label: {new}\n", 1))
    follow(session.live(), folder)


def test_changes_are_reviewed_in_a_draft_and_published(folder: Path) -> None:
    change(folder)
    app = open_page()
    assert "From git, commit abc1234** changes metric spend." in words(app)
    app = app.button(key="synced-review").click().run()
    assert not app.exception
    assert "Label: Ad spend → Advertising cost" in words(app)
    assert "From git, commit abc1234**" not in words(app)
    assert app.text_area(key="publish-note").value == "From git, commit abc1234"
    number, _ = running()
    app = app.button(key="publish").click().run()
    assert f"Version {number + 1} is live" in words(app)
    follow(session.live(), folder)
    assert "From git" not in words(open_page())
    assert session.workspace().model.metrics["spend"].label == "Advertising cost"


def test_a_conflict_is_resolved_by_choosing_a_side(folder: Path) -> None:
    describe("otto", "Otto's.")
    publish("otto", "In the app")
    path = folder / "metrics_ads.yml"
    _, description = running()
    inside = description.removeprefix("Otto's. ")
    text = path.read_text()
    assert text.count(inside[:40]) >= 1
    path.write_text(text.replace(inside[:40], f"Git's. {inside[:40]}", 1))
    follow(session.live(), folder)
    app = open_page().button(key="synced-review").click().run()
    assert "These definitions changed in git and in the app" in words(app)
    (choice,) = [group for group in app.button_group if group.key == "conflict-choice-0"]
    app = choice.set_value("From git").run()
    app = app.button(key="synced-settle").click().run()
    app = app.button(key="publish").click().run()
    assert running()[1].startswith("Git's. ")


def test_problems_are_listed_with_file_and_line(folder: Path) -> None:
    path = folder / "metrics_ads.yml"
    path.write_text("metricses: []\n" + path.read_text())
    follow(session.live(), folder)
    texts = words(open_page())
    assert "The synced folder has problems in 1 file. Samepage still offers its last valid version." in texts
    assert "metrics_ads.yml, line 1" in texts
    assert str(folder) not in texts


def test_dismissed_changes_are_gone_for_everyone(folder: Path, cookies: dict[str, str]) -> None:
    change(folder)
    app = open_page().button(key="synced-dismiss").click().run()
    assert "From git" not in words(app)
    sign_in(cookies, "otto")
    assert "From git" not in words(open_page())


def test_a_stewards_own_draft_stays_next_to_it(folder: Path) -> None:
    describe("ana", "Mine.")
    change(folder)
    app = open_page().button(key="synced-review").click().run()
    assert not app.exception
    live = session.live()
    titles = [draft.title for draft in list_drafts(live, live.workspace().people["ana"])]
    assert len(titles) == 2
    assert titles[0].startswith("From git")
    assert titles[1] == "Untitled draft"
