"""A label that two teams use: the reader asks which one is meant, and naming the team decides it."""

from __future__ import annotations

from datetime import date

from semantic.model.loading.load import parse_model
from semantic.policy.narrow import narrow
from semantic.query.query import Query
from semantic.reading.lexicon import lexicon_of
from semantic.reading.reading import read
from semantic.reading.understood import Reading
from tests.domain_world import FILES, LENA, PAID, changed


def reading(text: str, files: dict[str, str] = FILES) -> Reading:
    seen = narrow(parse_model(files), LENA)
    return read(text, lexicon_of(seen, {"market": ("DE", "AT", "FR", "NO")}), today=date(2026, 6, 17))


def metrics(query: Query | None) -> tuple[str, ...]:
    return query.metrics if query is not None else ()


def test_a_shared_label_alone_gets_a_clarifying_question() -> None:
    asked = reading("leads by market")
    assert asked.question is None
    assert [ask.words for ask in asked.asks] == ["leads"]
    assert {metrics(each) for each in asked.asks[0].readings} == {("paid_leads",), ("field_leads",)}


def test_naming_the_domain_decides() -> None:
    assert metrics(reading("leads field marketing by market").question) == ("field_leads",)
    assert metrics(reading("leads paid media by market").question) == ("paid_leads",)


def test_a_label_of_one_domain_is_read_as_before() -> None:
    files = changed(paid=PAID.replace("label: Leads", "label: Ad responses"))
    assert metrics(reading("leads by market", files).question) == ("field_leads",)
