"""One search over everything: what it finds for each person, how results are ranked, and that it never waits for the
engine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from semantic.config.settings import MARKETING_MODEL, load_settings
from semantic.explore.member_search import Likeness, member_index
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import AllOf, Breakdown, Condition, InSegment, Last, LastYear, Operator, Query
from semantic.reading.assemble import Choice, assemble
from semantic.reading.choosing import MOST_LOOKED_AT, MOST_WITHOUT
from semantic.reading.days import Clock
from semantic.reading.parts import Draft
from semantic.services.finding.finder import STILL_READING, Finder, Match, Matches, added
from semantic.services.words import Words
from semantic.workspace import Workspace
from tests.companies import shared_company

TODAY = date(2026, 6, 17)
REVENUE = Query(metrics=("net_revenue",), time=Last(1, Granularity.MONTH))
AUSTRIA = Condition("market", Operator.IN, ("AT",))


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    data = shared_company(tmp_path_factory) / "company.duckdb"
    settings = replace(load_settings(), model=MARKETING_MODEL, model_source="folder", data=str(data))
    workspace = Workspace.open(settings)
    opened = Finder(Words(workspace))
    yield opened
    opened.words.close()
    workspace.close()


@pytest.fixture(scope="module")
def lena(finder: Finder) -> Actor:
    """Lena, who sees every market. The members that she can find have been read."""
    person = finder.workspace.people["lena"]
    finder.words.names(person)
    return person


def keys(found: Matches) -> list[str]:
    return [match.key for match in found.all()]


def first(found: Matches) -> Match:
    return next(found.all())


def find(finder: Finder, text: str, person: Actor, query: Query | None = None) -> Matches:
    return finder.find(text, person, query=query, today=TODAY)


@pytest.mark.parametrize("text", ["Austria", "austria", "AT", "Österreich", "osterreich", "Autria"])
def test_a_market_is_found_by_its_name_code_synonym_and_with_a_typo(finder: Finder, lena: Actor, text: str) -> None:
    match = find(finder, text, lena, REVENUE).get("value:market:AT")
    assert match is not None
    assert (match.name, match.values, match.detail) == ("market", ("AT",), "Market")


def test_values_come_only_from_breakdowns_that_fit_the_question(finder: Finder, lena: Actor) -> None:
    """Net revenue can't be broken down by keyword, but clicks can."""
    keyword = next(value for name, value, _ in finder.words.names(lena).members.members if name == "keyword")
    text, key = str(keyword), f"value:keyword:{keyword}"
    assert key not in keys(find(finder, text, lena, REVENUE))
    assert key in keys(find(finder, text, lena, Query(metrics=("keyword_clicks",))))
    assert key in keys(find(finder, text, lena))


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("turnover", "metric:net_revenue", "Also called turnover"),
        ("net revenue", "metric:net_revenue", ""),
        ("revenue", "metric:net_revenue", "Also called revenue"),
        ("channel", "breakdown:channel", ""),
        ("paid soc", "value:channel:Paid social", ""),
        ("last month", "period:last month", ""),
    ],
)
def test_the_likeliest_meaning_comes_first(finder: Finder, lena: Actor, text: str, key: str, why: str) -> None:
    match = first(find(finder, text, lena, REVENUE))
    assert (match.key, match.why) == (key, why)


def test_the_start_of_a_name_finds_the_certified_metric_first(finder: Finder, lena: Actor) -> None:
    assert first(find(finder, "rev", lena)).name == "net_revenue"


def test_periods_show_their_days(finder: Finder, lena: Actor) -> None:
    match = find(finder, "last 30", lena).get("period:last 30 days")
    assert match is not None
    assert (match.label, match.detail) == ("Last 30 days", "18 May \N{EN DASH} 16 Jun 2026")
    assert match.period == Last(30, Granularity.DAY)


def test_a_sentence_is_one_question(finder: Finder, lena: Actor) -> None:
    match = first(find(finder, "net revenue by channel last month vs last year", lena))
    assert match.kind == "ask"
    assert match.detail == "Net revenue by channel \N{MIDDLE DOT} May 2026 vs same period last year"
    assert match.query == replace(REVENUE, by=(Breakdown("channel"),), compare=(LastYear(),))


def test_a_sentence_shows_its_top_and_its_values_with_labels(finder: Finder) -> None:
    """Row rules hide markets from Jonas, but he still sees the labels of his own markets."""
    jonas = finder.workspace.people["jonas"]
    finder.words.names(jonas)
    match = first(find(finder, "net revenue in austria last month, top 3 channels with other", jonas))
    assert match.detail.split(" \N{MIDDLE DOT} ") == [
        "Net revenue by channel", "Top 3, with Other", "Market is Austria", "May 2026"
    ]  # fmt: skip


def test_a_sentence_continues_the_question(finder: Finder, lena: Actor) -> None:
    asked = replace(REVENUE, by=(Breakdown("channel"),))
    match = find(finder, "by device instead", lena, asked).get("ask")
    assert match is not None
    assert match.query == replace(REVENUE, by=(Breakdown("device"),))


def test_an_unread_word_gives_no_question(finder: Finder, lena: Actor) -> None:
    match = find(finder, "net revenue by channel cohorty", lena).get("ask")
    assert match is not None
    assert match.query is None
    assert "cohorty" in match.detail


def test_hidden_values_are_missing_like_values_that_do_not_exist(finder: Finder) -> None:
    """Jonas sees Germany and Austria, and Claire sees France."""
    for person, own, other in (("jonas", "Austria", "France"), ("claire", "France", "Austria")):
        actor = finder.workspace.people[person]
        finder.words.names(actor)
        assert any(match.label == own or own in match.why for match in find(finder, own, actor, REVENUE).all())
        assert find(finder, other, actor, REVENUE).all() is not None
        hidden = [(match.kind, match.key) for match in find(finder, other, actor, REVENUE).all()]
        unknown = [(match.kind, match.key) for match in find(finder, "Atlantis", actor, REVENUE).all()]
        assert hidden == unknown == [("ask", "ask")]


def test_nothing_is_asked_of_the_engine_while_someone_types(
    finder: Finder, lena: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("The engine was asked.")

    find(finder, "x", lena, REVENUE)  # whatever fits the question is cached from here on
    monkeypatch.setattr(finder.workspace, "start", fail)
    for text in ("a", "au", "aus", "austria", "net revenue in austria", "only austria", "last month", "cohorty"):
        find(finder, text, lena, REVENUE)


@pytest.mark.parametrize("text", ["social " * 8, "social " * 57, "email paid search new customers " * 12])
@pytest.mark.parametrize("asked", [None, REVENUE])
def test_ambiguous_names_are_read_in_few_combinations(
    finder: Finder, lena: Actor, text: str, asked: Query | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keystroke reads the text, so no text may keep a CPU core busy for seconds."""
    made: list[Query | None] = []

    def put_together(draft: Draft, choice: Choice, seen: VisibleModel, clock: Clock, previous: Query | None) -> Query:
        made.append(previous)
        return assemble(draft, choice, seen, clock, previous)

    monkeypatch.setattr("semantic.reading.choosing.assemble", put_together)
    assert all(match.query is None for match in find(finder, text[:400], lena, asked).all())
    assert len(made) <= MOST_WITHOUT + MOST_LOOKED_AT


def test_names_are_found_while_values_are_still_being_read(finder: Finder, lena: Actor) -> None:
    other = Finder(Words(finder.workspace))
    found = find(other, "net revenue", lena)
    assert (first(found).key, found.note, found.reading) == ("metric:net_revenue", STILL_READING, None)
    assert "value:market:AT" not in keys(find(other, "Austria", lena))


def test_values_are_read_once_in_the_background(finder: Finder, lena: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semantic.services.words.FIRST_SECONDS", 0.0)
    words = Words(finder.workspace)
    for _ in range(3):
        words.warm(lena)
    for thread in threading.enumerate():
        if thread.name == "words":
            thread.join(60)
    names = words.known(lena)
    assert names is not None
    words.warm(lena)
    assert words.names(lena) is names
    assert not [thread for thread in threading.enumerate() if thread.name == "words"]


def test_closing_stops_reading_and_a_later_question_reads_again(finder: Finder, lena: Actor) -> None:
    words = Words(finder.workspace)
    words.warm(lena)
    words.close()
    assert words.known(lena) is None
    assert not [thread for thread in threading.enumerate() if thread.name == "words"]
    words.warm(lena)
    assert not [thread for thread in threading.enumerate() if thread.name == "words"]
    assert words.names(lena).members.find("Austria")


def test_masked_members_are_not_in_the_index(finder: Finder) -> None:
    """Years of birth are masked for marketers but not for stewards."""
    people, members = finder.workspace.people, {"birth_year": (1985,), "market": ("DE",)}
    jonas, ana = (member_index(finder.workspace.visible(people[name]), members) for name in ("jonas", "ana"))
    assert [found.value for found in ana.find("1985")] == [1985]
    assert jonas.find("1985") == []
    assert [found.value for found in jonas.find("DE")] == ["DE"]


def test_members_that_begin_with_the_text_come_before_those_with_a_later_word(finder: Finder, lena: Actor) -> None:
    members = {"campaign": ("AT Summer sale", "Summer in DE", "Summer", "Winter")}
    index = member_index(finder.workspace.visible(lena), members)
    assert [(found.value, found.likeness) for found in index.find("summer")] == [
        ("Summer", Likeness.EXACT), ("Summer in DE", Likeness.PREFIX), ("AT Summer sale", Likeness.WORD),
    ]  # fmt: skip
    assert [(found.value, found.likeness) for found in index.find("wintr")] == [("Winter", Likeness.TYPO)]
    assert index.find("w") == []


def test_a_match_is_added_to_the_question(finder: Finder, lena: Actor) -> None:
    def pick(text: str, key: str, query: Query) -> Query:
        match = find(finder, text, lena, query).get(key)
        assert match is not None, key
        return added(match, query)

    by_channel = pick("channel", "breakdown:channel", REVENUE)
    assert by_channel == replace(REVENUE, by=(Breakdown("channel"),))
    austria = pick("Austria", "value:market:AT", REVENUE)
    assert austria == replace(REVENUE, where=AUSTRIA)
    both = pick("DE", "value:market:DE", austria)
    assert both == replace(REVENUE, where=Condition("market", Operator.IN, ("AT", "DE")))
    assert pick("Austria", "value:market:AT", austria) == austria
    assert pick("orders", "metric:orders", REVENUE).metrics == ("net_revenue", "orders")
    assert pick("last 30 days", "period:last 30 days", REVENUE).time == Last(30, Granularity.DAY)
    segment = finder.workspace.visible(lena).segments[0]
    with_segment = pick(segment.label, f"segment:{segment.name}", austria)
    assert with_segment.where == AllOf((AUSTRIA, InSegment(segment.name)))


def test_a_value_without_a_metric_gets_a_usual_one(finder: Finder, lena: Actor) -> None:
    match = find(finder, "Austria", lena).get("value:market:AT")
    assert match is not None
    query = finder.question_with(match, lena)
    assert query is not None
    assert query.where == AUSTRIA
    assert len(query.metrics) == 1
    assert finder.workspace.preflight(query, lena).ok
