"""Pasted lists: what is found, what is not, and what comes near."""

from __future__ import annotations

import pytest

from semantic.pasted import Unmatched, lines_of, match_list

KNOWN = ["DE", "FR", "Paid search", "Paid social", None, 7, True]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("DE\nFR\n", ["DE", "FR"]),
        ("DE, FR;NO\tAT", ["DE", "FR", "NO", "AT"]),
        ("Smith, John\nDoe, Jane", ["Smith, John", "Doe, Jane"]),  # a comma is part of a value where there are lines
        (' "DE" \r\n\r\nDE', ["DE"]),
        ("  \n", []),
    ],
)
def test_entries_are_lines_or_stand_between_signs(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines


def test_capitals_and_spaces_do_not_matter_where_one_value_is_meant() -> None:
    assert match_list("de\npaid  SEARCH\nFR", KNOWN).values == ("DE", "Paid search", "FR")


def test_values_keep_their_type() -> None:
    assert match_list("7\n(none)\nyes", KNOWN).values == (7, None, True)


def test_what_is_not_found_is_reported_with_what_is_near() -> None:
    found = match_list("DE\nPaid serch\nxyz", KNOWN)
    assert found.values == ("DE",)
    assert found.unmatched == (Unmatched("Paid serch", ("Paid search",)), Unmatched("xyz", ()))


def test_two_values_that_differ_by_capitals_are_both_offered_and_neither_is_taken() -> None:
    found = match_list("sale", ["Sale", "SALE"])
    assert found.values == ()
    assert found.unmatched == (Unmatched("sale", ("Sale", "SALE")),)
    assert match_list("SALE", ["Sale", "SALE"]).values == ("SALE",)
