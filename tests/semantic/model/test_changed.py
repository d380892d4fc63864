"""A record with some fields changed equals the one that dataclasses.replace makes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from semantic.model.changed import changed
from semantic.plan.build import build
from semantic.policy.narrow import narrow
from semantic.query.data import query_from_data
from semantic.query.resolve import resolve
from tests.semantic.asked import STEWARD, TODAY
from tests.semantic.plan.test_shared_days import MODEL


def test_it_is_what_replace_makes() -> None:
    query = query_from_data({"metrics": ["revenue"], "by": ["region"]})
    plan = build(resolve(query, narrow(MODEL, STEWARD), today=TODAY))
    leg = plan.legs[0]
    assert changed(leg, keys=(), where=leg.where) == replace(leg, keys=(), where=leg.where)
    assert changed(plan, legs=(), limit=3) == replace(plan, legs=(), limit=3)
    assert changed(plan) == plan
    with pytest.raises(FrozenInstanceError):
        changed(leg).keys = ()  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        changed(leg, kees=())
