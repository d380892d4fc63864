"""A seal covers every column and time of a row, in their order, and the kind of row."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from semantic.store.keys import Keys
from semantic.store.row_seals import seal_row

KEYS = Keys(b"c" * 32, b"w" * 32)
ROW = {"id": "a1", "revision": 2, "paused_at": datetime(2026, 1, 1, tzinfo=UTC), "removed_at": None}


def seal(what: bytes = b"alert row", **changed: object) -> str:
    return seal_row(KEYS, what, {**ROW, **changed}, columns=("id", "revision"), moments=("paused_at", "removed_at"))


def test_a_seal_covers_the_columns_as_text_and_timestamps_in_seconds() -> None:
    assert seal() == KEYS.sign(b"alert row", b"a1", b"2", b"1767225600", b"")


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "a2"},
        {"revision": 3},
        {"paused_at": None},
        {"removed_at": ROW["paused_at"]},
        {"paused_at": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)},
        {"what": b"delivery row"},
    ],
)
def test_different_rows_have_different_seals(changed: dict[str, object]) -> None:
    assert seal(**changed) != seal()  # type: ignore[arg-type]


def test_fractions_of_a_second_and_other_columns_change_nothing() -> None:
    assert seal(paused_at=datetime(2026, 1, 1, 0, 0, 0, 999, tzinfo=UTC), note="new") == seal()
