"""The glossary over the demo company: whose values it shows, and that it asks nothing before someone opens the
values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from semantic.config.settings import MARKETING_MODEL, load_settings
from semantic.display.glossary.glossary import Group
from semantic.services.glossary import glossary
from semantic.workspace import Workspace
from tests.companies import shared_company


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    data = shared_company(tmp_path_factory) / "company.duckdb"
    settings = replace(load_settings(), model=MARKETING_MODEL, model_source="folder", data=str(data))
    opened = Workspace.open(settings)
    yield opened
    opened.close()


def values(workspace: Workspace, person: str, *, asked: bool = True) -> set[str]:
    """Return the values of Market, by their codes."""
    every = glossary(workspace, workspace.people[person], with_values=asked)
    return {
        entry.key.rpartition(".")[2]
        for entry in every
        if entry.group is Group.VALUE and re.search(r"\bMarket\b", entry.means)
    }


def test_readers_with_row_rules_see_the_values_of_their_own_rows(workspace: Workspace) -> None:
    """Jonas sees Germany and Austria, Claire sees France, and Lena sees everything."""
    assert values(workspace, "jonas") == {"DE", "AT"}
    assert values(workspace, "claire") == {"FR"}
    assert values(workspace, "lena") == {"DE", "AT", "FR", "GB", "NL", "NO", "SE"}


def test_nothing_is_asked_until_someone_wants_values(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    start = workspace.start
    monkeypatch.setattr(workspace, "start", lambda query, actor: asked.append(query) or start(query, actor))
    assert values(workspace, "jonas", asked=False) == set()
    assert values(workspace, "lena", asked=False)
    assert asked == []


def test_a_glossary_is_built_once_for_people_with_the_same_access(workspace: Workspace) -> None:
    lena = workspace.people["lena"]
    assert glossary(workspace, lena, with_values=True) is glossary(workspace, lena, with_values=False)
