"""A record with some fields changed equals the one that dataclasses.replace returns."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from semantic.model.replace_fields import replace_fields
from semantic.plan.build import build
from semantic.policy.narrow import narrow
from semantic.query.data import query_from_data
from semantic.query.resolve import resolve
from tests.semantic.asked import STEWARD, TODAY
from tests.semantic.plan.test_shared_days import MODEL


def test_the_result_equals_that_of_dataclasses_replace() -> None:
    query = query_from_data({"metrics": ["revenue"], "by": ["region"]})
    plan = build(resolve(query, narrow(MODEL, STEWARD), today=TODAY))
    leg = plan.legs[0]
    assert replace_fields(leg, keys=(), where=leg.where) == replace(leg, keys=(), where=leg.where)
    assert replace_fields(plan, legs=(), limit=3) == replace(plan, legs=(), limit=3)
    assert replace_fields(plan) == plan
    with pytest.raises(FrozenInstanceError):
        replace_fields(leg).keys = ()  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        replace_fields(leg, kees=())
