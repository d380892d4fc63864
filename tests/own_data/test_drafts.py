"""Drafts of the two made-up warehouses, scored against hand-written truths.

No wrong join is accepted, and at least nine in ten keys and joins are right without a question.
"""

from __future__ import annotations

import pytest

from semantic.introspection.profile import Budget
from semantic.introspection.proposing import Proposal, answer_guesses, model_files, open_guesses
from semantic.model.loading.load import parse_model
from tests.own_data.claims import claims_of_draft
from tests.own_data.drafted import drafted, scored
from tests.own_data.score import report
from tests.own_data.truth import read_truth
from tests.own_data.warehouses.build import build_duckdb, postgres_warehouse


@pytest.mark.parametrize("name", ["leads", "retail"])
def test_drafts_avoid_the_traps_of_made_up_warehouses(name, tmp_path):
    path = tmp_path / f"{name}.duckdb"
    build_duckdb(name, path)
    draft = drafted(str(path), Budget(seconds=240))
    is_right(draft, name)
    # Every open guess taken as it is, the draft is a model without problems.
    taken = answer_guesses(draft, {guess.id: guess.choice or True for guess in open_guesses(draft)})
    assert len(parse_model(model_files(taken, person="ana")).datasets) == len(read_truth(name).tables)


@pytest.mark.server
@pytest.mark.long
def test_a_draft_avoids_the_traps_of_a_warehouse_in_postgresql() -> None:
    with postgres_warehouse("retail") as url:
        is_right(drafted(url), "retail")


def is_right(draft: Proposal, name: str) -> None:
    assert draft.unread == ()
    accepted, _ = claims_of_draft(draft)
    scores = scored(draft, name)
    assert not set(read_truth(name).never) & accepted
    assert not [text for one in scores.values() for text in one.wrong], report(scores)
    assert min(scores["key"].share_right, scores["join"].share_right, scores["date"].share_right) >= 0.9, report(scores)
    assert scores["personal"].share_right == 1, report(scores)
