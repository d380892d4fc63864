"""Texts with mentions, and the stored form of a comment's subject."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.annotations.comments import (
    About,
    about_from_json,
    about_question,
    about_to_json,
    filters_within,
    parts_of,
    with_names,
    with_numbers,
)
from semantic.query.query import AllOf, AnyOf, Breakdown, Condition, Operator, Query

ANA, ANNA, BO = "a" * 32, "b" * 32, "c" * 32
PEOPLE = [(ANA, "Ana"), (ANNA, "Ana Maria"), (BO, "Bo")]


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("Hello @Ana", [ANA]),
        ("@ana, @BO!", [ANA, BO]),
        ("@Ana Maria and @Ana", [ANNA, ANA]),
        ("@Anabel and @Bob", []),
        ("ana@Ana.example", []),
        ("@@Bo", [BO]),
        ("@", []),
        ("", []),
        ("@Bo @Bo", [BO]),
    ],
)
def test_the_longest_name_after_an_at_is_mentioned(text: str, mentioned: list[str]) -> None:
    assert with_numbers(text, PEOPLE)[1] == tuple(mentioned)


def test_a_name_that_two_people_have_mentions_no_one() -> None:
    assert with_numbers("@Bo", [(ANA, "Bo"), (BO, "bo")]) == ("@Bo", ())


def test_names_round_trip_and_a_typed_number_stays_text() -> None:
    text, _ = with_numbers(f"@Bo says @[{ANA}] to @Ana", PEOPLE[2:])
    assert BO in text
    assert with_names(text, {BO: "Bo"}) == f"@Bo says @[{ANA}] to @Ana"
    assert parts_of(text, {BO: ""})[0] == ("@someone who left", True)


@given(st.text(alphabet="@AnaMriBo[] \n*_<>\u202e", max_size=300))
def test_any_typed_text_round_trips(text: str) -> None:
    numbered, mentioned = with_numbers(text, PEOPLE)
    names = dict(PEOPLE)
    assert with_names(numbered, {subject: names[subject] for subject in mentioned}).casefold() == text.casefold()


ABOUT = About(
    metrics=("revenue",), dims=("market",), mark=(("market", "DE"), ("is_new", True), ("year", 2026), ("city", None)),
    metric="revenue", within=(("market", ("DE", None)),), days=(date(2026, 3, 1), date(2026, 3, 31)),
    settings={"t": ("last_2_month",), "f": ("market:in:DE", "channel:in:Email")},
)  # fmt: skip


def test_a_comments_subject_round_trips() -> None:
    assert about_from_json(about_to_json(ABOUT)) == ABOUT
    assert about_from_json(about_to_json(About(metrics=("revenue",)))) == About(metrics=("revenue",))


@pytest.mark.parametrize("part", ["metrics", "dims", "mark", "metric", "within", "days", "settings"])
@pytest.mark.parametrize("damage", [7, None, [7], [[7]], {"x": 7}, "x", [["x"]], [{"x": []}]])
def test_a_damaged_part_makes_the_subject_unreadable(part: str, damage: object) -> None:
    document = json.loads(about_to_json(ABOUT))
    document[part] = damage
    if (part, damage) in (("days", None), ("metric", "x")):
        return  # these are valid
    assert about_from_json(json.dumps(document)) is None


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "{", "[" * 100_000])
def test_data_that_is_not_an_object_is_unreadable(text: str) -> None:
    assert about_from_json(text) is None


def test_only_lists_of_members_joined_by_and_limit_an_answer() -> None:
    in_de = Condition("market", Operator.IN, ("DE",))
    assert filters_within(in_de) == (("market", ("DE",)),)
    assert filters_within(AllOf((Condition("x", Operator.AT_LEAST, (1,)), AllOf((in_de,))))) == (("market", ("DE",)),)
    assert filters_within(AnyOf((in_de, Condition("market", Operator.IN, ("FR",))))) == ()
    assert filters_within(Condition("market", Operator.NOT_IN, ("DE",))) == ()
    assert filters_within(Condition("market", Operator.IN, ("DE",), via="billing")) == ()
    assert filters_within(None) == ()


def test_a_question_states_what_its_comments_are_about() -> None:
    query = Query(metrics=("revenue",), by=(Breakdown("date"), Breakdown("market")))
    about = about_question(query, ["revenue"])
    assert (about.metrics, about.dims, about.mark) == (("revenue",), ("market",), ())
