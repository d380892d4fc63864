"""Stored questions are upgraded to today's format step by step, as far as possible."""

from typing import Any

import pytest

from semantic.errors import InvalidQuery
from semantic.query.codec import query_to_json
from semantic.query.query import Breakdown, Query
from semantic.query.upgrades import read_stored, salvage

SPEND = Query(metrics=("spend",), by=(Breakdown("channel"),))


def _from_0(data: dict[str, Any]) -> dict[str, Any]:
    """Convert a made-up older format that called metrics `measures`."""
    rest = {key: value for key, value in data.items() if key != "measures"}
    return rest | {"v": 1, "metrics": data["measures"]}


def _from_minus_1(data: dict[str, Any]) -> dict[str, Any]:
    """Convert an even older format that had only one measure."""
    rest = {key: value for key, value in data.items() if key != "measure"}
    return rest | {"v": 0, "measures": [data["measure"]]}


OLDER = {0: _from_0, -1: _from_minus_1}


@pytest.mark.parametrize(
    "text",
    [
        '{"v": 1, "metrics": ["spend"], "by": ["channel"]}',
        '{"v": 0, "measures": ["spend"], "by": ["channel"]}',
        '{"v": -1, "measure": "spend", "by": ["channel"]}',
        query_to_json(SPEND),
    ],
)
def test_every_earlier_format_is_read(text: str) -> None:
    assert read_stored(text, upgrades=OLDER) == SPEND
    assert salvage(text, upgrades=OLDER) == (SPEND, True)


@pytest.mark.parametrize("version", ["2", '"1"', "-2", "null", "1.5", "[]"])
def test_an_unknown_format_is_not_guessed(version: str) -> None:
    with pytest.raises(InvalidQuery, match="version"):
        read_stored(f'{{"v": {version}, "metrics": ["spend"]}}', upgrades=OLDER)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"v": 1, "metrics": ["spend"], "by": ["channel"], "colour": "red"}', SPEND),
        ('{"v": 1, "metrics": ["spend"], "by": ["channel"], "limit": "many"}', SPEND),
        ('{"v": 2, "metrics": ["spend"], "by": ["channel"], "where": {"near": 3}}', SPEND),
        ('{"v": 1, "metrics": ["spend", "spend"], "by": ["channel"]}', Query(by=SPEND.by)),
        ("{", Query()),
        ("", Query()),
        ("[]", Query()),
        ('{"v": 1, "v": 1}', Query()),
    ],
)
def test_readable_parts_are_kept_and_the_rest_is_reported(text: str, kept: Query) -> None:
    assert salvage(text) == (kept, False)


def test_a_failing_upgrade_step_is_an_internal_error() -> None:
    with pytest.raises(AssertionError, match="no upgrade from version"):
        read_stored('{"v": 0}', upgrades={0: lambda data: data})
