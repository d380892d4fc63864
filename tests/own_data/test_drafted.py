"""The draft of the retailer in PostgreSQL, scored by the model that it gives: nearly all keys and joins are right, and
no wrong one is taken without a person. The same in DuckDB, scored by its guesses, is in test_drafts.py.
"""

from __future__ import annotations

import pytest

from tests.own_data.drafted import scored
from tests.own_data.score import report
from tests.own_data.warehouses.build import postgres_warehouse


@pytest.mark.server
@pytest.mark.long
def test_retail_in_postgresql() -> None:
    with postgres_warehouse("retail") as url:
        scores = scored(url, "retail")
    keys, joins = scores["key"], scores["join"]
    assert keys.wrong + joins.wrong == [], report(scores)
    assert keys.share_right >= 0.9, report(scores)
    assert joins.share_right >= 0.9, report(scores)
