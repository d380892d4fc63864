"""Questions in words over the demo company: the members that a person can name, and that members are read only once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from semantic.config.settings import MARKETING_MODEL, load_settings
from semantic.services.words import Words, members_of
from semantic.workspace import Workspace
from tests.companies import shared_company
from tests.semantic.reading.reader import same

TODAY = date(2026, 6, 17)
MONTH = {"last": 1, "unit": "month"}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Words]:
    data = shared_company(tmp_path_factory) / "company.duckdb"
    settings = replace(load_settings(), model=MARKETING_MODEL, model_source="folder", data=str(data))
    workspace = Workspace.open(settings)
    yield Words(workspace)
    workspace.close()


def test_a_member_in_visible_rows_is_a_filter_and_another_is_an_unknown_word(words: Words) -> None:
    """Jonas sees Germany and Austria, and Claire sees France."""
    people = words.workspace.people
    texts = {"AT": "revenue in Austria last month", "FR": "revenue in France last month"}
    for person, own, other in (("jonas", "AT", "FR"), ("claire", "FR", "AT")):
        where = {"dim": "market", "op": "in", "values": [own]}
        read = words.read(texts[own], people[person], today=TODAY)
        assert same(read.question, {"metrics": ["net_revenue"], "where": where, "time": MONTH})
        hidden = words.read(texts[other], people[person], today=TODAY)
        assert hidden.question is None
        assert hidden.left
    for text in texts.values():
        assert words.read(text, people["lena"], today=TODAY).question is not None


def test_personal_and_masked_members_are_not_read(words: Words) -> None:
    people = words.workspace.people
    assert "birth_year" not in members_of(words.workspace, people["ana"])
    assert set(members_of(words.workspace, people["jonas"])["market"]) == {"DE", "AT"}


def test_everything_that_is_read_can_be_asked(words: Words) -> None:
    lena = words.workspace.people["lena"]
    for text in (
        "paid social orders in Austria last month vs last year",
        "top 10 campaigns by spend last quarter, the rest as others",
        "share of revenue by channel last month",
        "campaigns with a CPA over 30 euros last month",
    ):
        question = words.read(text, lena, today=TODAY).question
        assert question is not None, text
        assert words.workspace.preflight(question, lena, today=TODAY).ok


def test_people_with_the_same_access_share_the_members_that_words_can_name(words: Words) -> None:
    people = words.workspace.people
    assert words.lexicon(people["ana"]) is words.lexicon(people["ana"])
    assert words.lexicon(people["jonas"]) is not words.lexicon(people["claire"])
