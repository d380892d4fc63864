"""Samepage answers random questions over time as the brute-force oracle does: the same rows, values, refusals and
verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from semantic.workspace import Workspace
from tests.law.agreement import disagreements, open_worlds
from tests.law.world import World
from tests.proof import part_of

EACH = 250
"""The number of questions per seed: every kind of question, for each of the made-up companies."""

Companies = tuple[list[World], list[Workspace]]


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companies]:
    with open_worlds(tmp_path_factory.mktemp("worlds")) as worlds:
        yield worlds


@pytest.mark.long
@pytest.mark.parametrize("seed", part_of(range(80)))
def test_answers_are_those_of_the_law(seed: int, companies: Companies) -> None:
    """There are 2,000 questions, and 20,000 with `--proof`."""
    worlds, workspaces = companies
    wrong = disagreements(worlds, workspaces, EACH, seed)
    assert not wrong, "\n".join(wrong[:5])
