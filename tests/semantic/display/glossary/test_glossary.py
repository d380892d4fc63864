"""The glossary: its terms, the policy of the person who reads it, and search."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from semantic.config.settings import MARKETING_MODEL
from semantic.display.export.glossary import glossary_csv, glossary_markdown
from semantic.display.glossary.glossary import (
    Entry,
    Group,
    glossary_of,
    matching,
    named_in_model,
    nearest,
)
from semantic.display.glossary.terms import TERMS
from semantic.model.loading.load import load_model
from semantic.model.policies import Policy
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, narrow, unnarrowed

MODEL = load_model(MARKETING_MODEL)
DAY = date(2026, 11, 30)
ALL = unnarrowed(MODEL)


def entries(seen: VisibleModel = ALL, **members: tuple[str, ...]) -> tuple[Entry, ...]:
    return glossary_of(seen, DAY, members)


def found(text: str, among: tuple[Entry, ...]) -> list[str]:
    return [entry.term for entry in matching(among, text)]


def entry(key: str, among: tuple[Entry, ...]) -> Entry:
    (one,) = [each for each in among if each.key == key]
    return one


# What is in it


def test_every_metric_breakdown_and_segment_of_the_model_is_in_it_once() -> None:
    keys = [each.key for each in entries()]
    assert len(keys) == len(set(keys))
    expected = {f"metric.{name}" for name in MODEL.metrics} | {f"segment.{name}" for name in MODEL.segments}
    expected |= {f"breakdown.{name}" for name in MODEL.dimensions}
    assert {key for key in keys if key.partition(".")[0] in ("metric", "segment", "breakdown")} == expected


def test_a_metric_has_its_meaning_its_status_and_its_synonyms() -> None:
    one = entry("metric.net_revenue", entries())
    metric = MODEL.metrics["net_revenue"]
    assert one.means == f"{metric.means} Not: {metric.does_not_mean}"
    assert (one.term, one.kind, one.group) == ("Net revenue", "Metric, certified", Group.METRIC)
    assert "turnover" in one.synonyms


def test_the_calendar_states_the_models_settings() -> None:
    """In settings.yml, weeks begin on Monday, the fiscal year begins in April, and money is in EUR."""
    every = entries()
    assert entry("calendar.week", every).means == "Weeks begin on Monday."
    assert entry("calendar.fiscal_year", every).means == "The fiscal year begins in April."
    assert entry("calendar.day", every).means == "From midnight to midnight in Europe/Berlin."


def test_terms_are_defined_once_and_in_a_sentence() -> None:
    words = [term.word for term in TERMS]
    assert len(words) == len({word.casefold() for word in words})
    for term in TERMS:
        assert term.means.endswith(".")
    for word in ("Attainment", "Projection", "Not final", "Receipt", "Rate", "Mix", "Other", "Interval"):
        assert word in words


def test_a_synonym_is_never_the_name_of_another_term() -> None:
    """Otherwise, a search for Folder would also find Space."""
    names = {term.word.casefold() for term in TERMS}
    assert not [synonym for term in TERMS for synonym in term.synonyms if synonym.casefold() in names]


def test_terms_are_in_alphabetical_order_whatever_their_kind() -> None:
    letters = [each.letter for each in entries()]
    assert letters == sorted(letters, key=lambda letter: (letter == "#", letter))
    assert entry("term.none", entries()).letter == "N"


# Members and policy


def test_members_have_their_labels_and_synonyms_and_say_what_they_are_values_of() -> None:
    one = entry("value.channel.Paid social", entries(channel=("Paid social", "Hidden")))
    assert (one.term, one.kind) == ("Paid social", "Value")
    assert one.means == "A value of Channel."
    assert "social ads" in one.synonyms


def test_a_member_that_the_reader_cannot_see_is_not_in_it() -> None:
    some = entries(channel=("Paid social", "Hidden"))
    assert [each.term for each in some if each.group is Group.VALUE] == ["Paid social"]
    assert [each for each in entries() if each.group is Group.VALUE] == []


def test_a_code_is_named_only_where_it_reads_differently() -> None:
    some = entries(platform=("google_ads",), market=("DE",))
    assert "In files and links" not in entry("value.platform.google_ads", some).means
    germany = entry("value.market.DE", some)
    assert germany.term == "DE" or "In files and links, it's DE." in germany.means


@pytest.mark.parametrize("policy", MODEL.policies, ids=lambda policy: policy.name)
def test_nothing_that_a_policy_hides_is_named(policy: Policy) -> None:
    """With each policy alone, only its own metrics, breakdowns and segments are shown."""
    seen = replace(narrow(MODEL, Actor(id="")), policies=(policy,), rules=tuple(policy.rows))
    names: dict[Group, set[str]] = {group: set() for group in Group}
    for each in glossary_of(seen, DAY, {}):
        names[each.group].add(each.name)
    assert names[Group.METRIC] == {metric.name for metric in seen.metrics}
    assert names[Group.BREAKDOWN] == {dimension.name for dimension in seen.dimensions}
    assert names[Group.SEGMENT] == {segment.name for segment in seen.segments}


def test_someone_without_access_sees_only_samepages_own_words() -> None:
    nothing = entries(narrow(MODEL, Actor(id="nobody")))
    assert {each.group for each in nothing} == {Group.TERM, Group.CALENDAR}


def test_personal_members_are_never_named() -> None:
    tagged = {
        dimension.name
        for places in MODEL.dimensions.values()
        for dimension in places
        if {"personal", "sensitive"} & dimension.tags
    }
    assert tagged
    assert tagged.isdisjoint(named_in_model(ALL))


def test_parts_of_campaign_names_do_not_offer_the_members_of_others_again():
    """A search for Austria finds the market, but not also the market in campaign names."""
    assert "name_market" in {dimension.name for dimension in ALL.dimensions}
    assert "market" in named_in_model(ALL)
    assert "name_market" not in named_in_model(ALL)


# Search


def test_a_synonym_finds_its_metric_first() -> None:
    assert found("turnover", entries())[0] == "Net revenue"
    assert found("Umsätze", entries())[0] == "Net revenue"
    assert found("UMSATZE", entries())[0] == "Net revenue"


def test_a_name_comes_before_a_synonym_and_a_synonym_before_a_meaning() -> None:
    def term(word: str, means: str = "Nothing.", *synonyms: str) -> Entry:
        (one,) = glossary_of(narrow(MODEL, Actor(id="")), DAY, {})[:1]
        return replace(
            one, term=word, key=word, means=means, synonyms=synonyms,
            words=(tuple(word.casefold().split()), tuple(" ".join(synonyms).split()), tuple(means.casefold().split())),
        )  # fmt: skip

    some = (term("Visits", "Clicks count."), term("Taps", "Nothing.", "clicks"), term("Clicks paid"), term("Clicks"))
    assert found("clicks", some) == ["Clicks", "Taps", "Clicks paid", "Visits"]
    assert found("paid cli", some) == ["Clicks paid"]


def test_signs_alone_match_nothing_and_an_empty_search_lists_everything() -> None:
    every = entries()
    assert matching(every, "?!") == []
    assert matching(every, " ") == list(every)


def test_a_typo_gets_similar_terms() -> None:
    assert found("atributon", entries()) == []
    assert "Refunds" in [each.term for each in nearest(entries(), "rofunds")]
    assert nearest(entries(), "qqqqqq") == []


# Files


def hostile(term: str) -> Entry:
    one = entry("term.board", entries())
    return replace(one, term=term, means="[x](http://evil)", synonyms=("=1+1",))


def test_the_csv_has_a_row_for_each_term_and_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(glossary_csv([hostile("=cmd()")]).decode("utf-8-sig"))))
    assert rows == [
        ["Term", "Kind", "Meaning", "Also called"],
        ["'=cmd()", "Samepage term", "[x](http://evil)", "'=1+1"],
    ]


def test_the_markdown_escapes_texts_of_the_model() -> None:
    text = glossary_markdown([hostile("# <b>")], "Demo: glossary").decode()
    assert text == (
        "# Demo: glossary\n\n## Other\n\n**\\# \\<b\\>** (Samepage term): \\[x\\](http://evil) Also called =1+1.\n"
    )
