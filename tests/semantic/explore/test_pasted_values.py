"""Pasted lists: the values that are found, those that aren't, and similar values."""

from __future__ import annotations

import pytest

from semantic.explore.pasted_values import LONGEST, LOOKED_UP, MOST, UnmatchedLine, lines_of, match_list
from semantic.query.query import Value

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
def test_entries_are_separated_by_lines_or_signs(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines


def test_capitals_and_spaces_do_not_matter_if_only_one_value_matches() -> None:
    assert match_list("de\npaid  SEARCH\nFR", KNOWN).values == ("DE", "Paid search", "FR")


def test_values_keep_their_type() -> None:
    assert match_list("7\n(none)\nyes", KNOWN).values == (7, None, True)


def test_unknown_values_are_reported_with_similar_ones() -> None:
    matched = match_list("DE\nPaid serch\nxyz", KNOWN)
    assert matched.values == ("DE",)
    assert matched.unmatched == (UnmatchedLine("Paid serch", ("Paid search",)), UnmatchedLine("xyz", ()))


def test_two_values_that_differ_by_capitals_are_both_offered_and_none_is_chosen() -> None:
    matched = match_list("sale", ["Sale", "SALE"])
    assert matched.values == ()
    assert matched.unmatched == (UnmatchedLine("sale", ("Sale", "SALE")),)
    assert match_list("SALE", ["Sale", "SALE"]).values == ("SALE",)


def test_a_value_with_commas_or_quotes_is_found_as_it_stands() -> None:
    known = ["Search, paid", "Search", "paid", '"Olé"', "O'Brien"]
    assert match_list("Search, paid", known).values == ("Search, paid",)
    assert match_list('"Olé"\nO\'Brien\n"Search"', known).values == ('"Olé"', "O'Brien", "Search")
    assert match_list("Search,paid", known).values == ("Search", "paid")


@pytest.mark.parametrize("known", [["(none)", None], [None, "(none)"]])
def test_a_value_called_none_is_preferred_to_no_value(known: list[Value]) -> None:
    assert match_list("(none)", known).values == ("(none)",)
    assert match_list("(none)", [None, "a"]).values == (None,)


def test_only_some_unknown_lines_of_a_long_list_are_looked_up() -> None:
    """A thousand typos, and lines of ten thousand letters, are compared with five thousand values."""
    known = [f"Campaign {place} brand search generic {place * 7 % 1000}" for place in range(MOST)]
    text = "\n".join(
        [
            *(f"Kampaign {place} brand search generik" for place in range(1000)),
            *("x" * 9999 + str(n) for n in range(20)),
        ]
    )
    matched = match_list(f"Campaign 7 brand search generc 49\n{text}", known)
    assert matched.unmatched[0].near[0] == known[7]
    assert len(matched.unmatched) == 1021
    assert all(one.near for one in matched.unmatched[:LOOKED_UP])
    assert not any(one.near for one in matched.unmatched[LOOKED_UP:])
    assert match_list("x" * (LONGEST + 1), ["x" * LONGEST]).unmatched[0].near == ()
    assert match_list("x" * LONGEST, ["x" * (LONGEST + 1)]).unmatched[0].near == ("x" * (LONGEST + 1),)
