"""Drafts of the two made-up warehouses, scored against truths written by hand: no wrong join is accepted, and at least
nine in ten keys and joins are right without a question.
"""

from __future__ import annotations

import pytest

from semantic.introspection.profile import Budget
from semantic.introspection.profiling import profile_at
from semantic.introspection.proposal import answered, model_files, open_guesses, propose
from semantic.model.loading.load import parse_model
from tests.own_data.claims import claims_of_draft
from tests.own_data.score import report, score
from tests.own_data.truth import read_truth
from tests.own_data.warehouses.build import build_duckdb


@pytest.mark.parametrize("name", ["leads", "retail"])
def test_drafts_of_warehouses_with_traps(name, tmp_path):
    path = tmp_path / f"{name}.duckdb"
    build_duckdb(name, path)
    truth = read_truth(name)
    draft = propose(*profile_at(str(path), (), Budget(seconds=240)))
    assert draft.unread == ()
    accepted, asked = claims_of_draft(draft)
    scores = score(truth, accepted, asked)
    assert not set(truth.never) & accepted
    assert not [text for one in scores.values() for text in one.wrong], report(scores)
    assert min(scores["key"].share_right, scores["join"].share_right, scores["date"].share_right) >= 0.9, report(scores)
    assert scores["personal"].share_right == 1, report(scores)
    # Every open guess taken as it is, the draft is a model without problems.
    taken = answered(draft, {guess.id: guess.choice or True for guess in open_guesses(draft)})
    assert len(parse_model(model_files(taken, person="ana")).datasets) == len(truth.tables)
