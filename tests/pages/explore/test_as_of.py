"""Explore as of an earlier version: it shows the version, offers today's definitions, and never mixes up the two."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from semantic.errors import UnknownVersion
from semantic.model.loading.load import digest_of, read_folder
from semantic.query.query import Query
from semantic.store.models.versions import Version
from semantic.workspace import Workspace
from tests.pages.explore_page import Open, asked, words
from tests.shop import SHOP

REVENUE_THEN = Query(metrics=("revenue",), as_of=1)


@pytest.fixture(autouse=True)
def two_versions(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's current version is 2. In version 1, revenue was called turnover."""
    today = read_folder(SHOP)
    then = {**today, "shop.yml": today["shop.yml"].replace("{name: revenue,", "{name: revenue, label: Turnover,")}
    assert then != today
    at = datetime(2026, 3, 4, 12, tzinfo=UTC)

    def version(number: int, files: dict[str, str]) -> Version:
        return Version(
            number=number, digest=digest_of(files), parent=None, author="x", note="", published_at=at, effective_at=at
        )

    def find(number: int) -> tuple[Version, dict[str, str]]:
        if number != 1:
            raise UnknownVersion(number)
        return version(1, then), then

    monkeypatch.setattr(workspace, "published", version(2, today))
    monkeypatch.setattr(workspace, "versions", find)


def _press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_an_earlier_version_is_named_and_leads_back(explore: Open) -> None:
    app = explore(REVENUE_THEN)
    assert app.title[0].value == "Turnover, as of version 1 (4 Mar 2026)"
    assert "Using definitions as of version 1 (4 Mar 2026)" in words(app)
    assert asked(app) == REVENUE_THEN
    _press(app, "Use today's definitions")
    assert asked(app) == Query(metrics=("revenue",))
    assert "as of version" not in words(app)
    assert app.title[0].value.startswith("Revenue")


def test_a_missing_version_is_refused_and_leads_back(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), as_of=9))
    assert "There's no version 9 of the model" in words(app)
    _press(app, "Use today's definitions")
    assert asked(app) == Query(metrics=("revenue",))


def test_a_new_question_uses_todays_definitions(explore: Open) -> None:
    app = explore(REVENUE_THEN)
    _press(app, "New question")
    assert "as of version" not in words(app)
    assert "Turnover" not in words(app)
