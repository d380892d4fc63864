"""What a language model is sent: only what one person can see, never people, and the same data whatever is hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date

import pytest

from semantic.agents.model.request import (
    MOST_DIMENSIONS,
    MOST_METRICS,
    body_of,
    can_send,
    is_offered,
    name_choices,
    schema,
)
from semantic.config.settings import MARKETING_MODEL
from semantic.model.definitions import Granularity
from semantic.model.loading.load import parse_model, read_folder
from semantic.policy.narrow import VisibleModel, narrow
from semantic.policy.people import read_people
from semantic.query.query import Breakdown, Condition, Last, Operator, Query

FILES = read_folder(MARKETING_MODEL)
TODAY = date(2026, 11, 28)
MONTH = Last(1, Granularity.MONTH)
HIDDEN = "gross_margin"  # Jonas may not see metrics tagged `margin`
WORDS = ("how much gross margin did germany make", "revenue by chanel", "margin", "zebra", "")


def seen_by(person: str, files: Mapping[str, str] = FILES) -> VisibleModel:
    return narrow(parse_model(files), read_people(files)[person])


def sent(words: str, seen: VisibleModel, previous: Query | None = None) -> bytes:
    return body_of(words, name_choices(words, seen, previous), model="house-model", today=TODAY, previous=previous)


@pytest.fixture(scope="module")
def jonas() -> VisibleModel:
    return seen_by("jonas")


def test_hidden_metrics_under_other_names_change_no_byte(jonas: VisibleModel) -> None:
    twin = {
        path: re.sub(rf"\b{HIDDEN}\b", "qqq_hidden", text).replace("label: Gross margin\n", "label: Qqq hidden\n")
        for path, text in FILES.items()
    }
    assert "qqq_hidden" in parse_model(twin).metrics
    assert HIDDEN in {metric.name for metric in seen_by("ana").metrics}  # so there is something to hide
    other = seen_by("jonas", twin)
    for words in WORDS:
        assert sent(words, jonas) == sent(words, other)


def test_no_hidden_name_is_in_a_request(jonas: VisibleModel) -> None:
    shown = {metric.name for metric in jonas.metrics}
    hidden = {metric.name for metric in seen_by("ana").metrics} - shown
    assert HIDDEN in hidden
    for words in ("revenue", "cost by product"):
        body = json.loads(sent(words, jonas))
        told = json.loads(body["messages"][1]["content"])
        assert {metric["name"] for metric in told["metrics"]} <= shown
        assert not hidden & set(re.findall(r'"([a-z0-9_]+)"', json.dumps(body)))


def test_dimensions_about_people_and_masked_ones_are_not_offered() -> None:
    for person in ("ana", "jonas", "claire"):
        seen = seen_by(person)
        private = {
            each.name
            for each in seen.dimensions
            if {"personal", "sensitive"} & each.tags or seen.mask(each.name) is not None
        }
        assert private  # the model has some
        for words in (*private, "customer email name zip"):
            assert not private & name_choices(words, seen).names


def test_the_most_common_breakdowns_are_offered_for_any_text(jonas: VisibleModel) -> None:
    assert {"market", "channel"} <= name_choices("how did germany do", jonas).names


def test_a_request_stays_small_and_has_the_best_matches(jonas: VisibleModel) -> None:
    choices = name_choices("roas and orders by market", jonas)
    assert len(choices.metrics) <= MOST_METRICS < len(jonas.metrics)
    assert len(choices.dimensions) <= MOST_DIMENSIONS
    assert {"roas", "orders"} <= {metric.name for metric in choices.metrics}
    assert "market" in {dimension.name for dimension in choices.dimensions}
    assert len(sent("roas and orders by market", jonas)) < 40_000


def test_the_schema_names_only_what_is_offered(jonas: VisibleModel) -> None:
    choices = name_choices("revenue", jonas)
    question = schema(choices)["properties"]["question"]["anyOf"][1]
    assert question["properties"]["metrics"]["items"]["enum"] == [metric.name for metric in choices.metrics]
    assert question["additionalProperties"] is False
    assert set(question["required"]) == set(question["properties"])


def test_a_previous_question_is_sent_only_if_it_says_nothing_about_people(jonas: VisibleModel) -> None:
    plain = Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=MONTH)
    assert can_send(plain, jonas, TODAY)
    ana = seen_by("ana")
    person = next(each.name for each in ana.dimensions if {"personal", "sensitive"} & each.tags)
    assert not is_offered(person, ana)
    named = Query(metrics=("net_revenue",), where=Condition(person, Operator.IN, ("Zoe Example",)), time=MONTH)
    assert not can_send(named, ana, TODAY)
    hidden = Query(metrics=(HIDDEN,), time=MONTH)
    assert not can_send(hidden, jonas, TODAY)


def test_the_previous_question_and_its_names_are_sent(jonas: VisibleModel) -> None:
    last = jonas.metrics[-1].name
    previous = Query(metrics=(last,), time=MONTH)
    told = json.loads(json.loads(sent("and by market", jonas, previous))["messages"][1]["content"])
    assert told["previous"] == {"v": 1, "metrics": [last], "time": {"last": 1, "unit": "month"}}
    assert told["metrics"][0]["name"] == last
    assert told["text"] == "and by market"


def test_guidance_is_sent_as_data(jonas: VisibleModel) -> None:
    body = body_of("x", name_choices("x", jonas), model="m", today=TODAY, guidance=["For revenue, use net_revenue."])
    assert json.loads(json.loads(body)["messages"][1]["content"])["guidance"] == ["For revenue, use net_revenue."]


def test_invisible_characters_are_written_as_escapes(jonas: VisibleModel) -> None:
    """Tags, a zero-width space, a direction mark and a variation selector are examples. A model would read them as
    text.
    """
    hidden = "\U000e0068\U000e0069\u200b\u202e\U000e0121"
    previous = Query(metrics=("revenue",), where=Condition("channel", Operator.IN, (f"ads{hidden}",)))
    body = body_of(
        f"revenue{hidden}", name_choices("revenue", jonas, previous), model="house-model", today=TODAY,
        previous=previous, guidance=(f"Be kind.{hidden}",),
    )  # fmt: skip
    assert not set(hidden) & set(body.decode())
    content = json.loads(body)["messages"][1]["content"]
    assert not set(hidden) & set(content)
    told = json.loads(content)
    assert told["text"] == f"revenue{hidden}"
    assert told["previous"]["where"]["values"] == [f"ads{hidden}"]
    assert told["guidance"] == [f"Be kind.{hidden}"]
