"""The usual range of a number, asked under each person's policy, and the headlines of the whole marketing model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.display.rows import NO_USUAL, Usual, main_values
from semantic.display.words.headline import headline
from semantic.display.words.kpi import read_headline
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity, NumberFormat
from semantic.query.query import DATE, Breakdown, Last, Previous, Query
from semantic.results.result import Result
from semantic.services.usual import usual_question
from semantic.services.why import explain
from semantic.workspace import Workspace
from tests.companies import own_company
from tests.proof import part_of
from tests.semantic.explained import ExplainedWorkspace, open_explained
from tests.semantic.spoken_numbers import numbers_of, strangers

WEEK = Last(1, Granularity.WEEK)
ASKED = Query(metrics=("revenue",), time=WEEK, compare=(Previous(),))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExplainedWorkspace]:
    opened = open_explained(tmp_path_factory.mktemp("explained"))
    yield opened
    opened.close()


def usual(query: Query, workspace: ExplainedWorkspace, person: str) -> tuple[Result, Usual]:
    actor = workspace.people[person]
    result = workspace.ask(query, actor)
    question = usual_question(result, workspace.visible(actor))
    return result, NO_USUAL if question is None else question.read(workspace.start(question.query, actor))


@pytest.mark.parametrize("person", ["ana", "dora"])
def test_a_usual_range_comes_from_the_weeks_before(workspace: ExplainedWorkspace, person: str) -> None:
    """Every other week has one more order of 10.10 in DE, which both can see, and the last complete week has none.

    So each of the eight earlier changes is 10.10, up or down, and 602 or 202 is far more.
    """
    result, changes = usual(ASKED, workspace, person)
    tenth = Fraction(1010, 100)
    assert [abs(change) for change in changes["revenue_previous"]] == [tenth] * 8
    (change,) = read_headline(main_values(result)[0], 0, result, changes).changes
    assert change.verdict == "better"
    assert read_headline(main_values(result)[0], 0, result).changes[0].verdict == ""


def test_a_headline_and_its_explanation_say_the_same(workspace: ExplainedWorkspace) -> None:
    for metric in ("revenue", "orders", "per_order", "return_on_ads"):
        query = replace(ASKED, metrics=(metric,))
        result, changes = usual(query, workspace, "ana")
        found = explain(query, workspace, workspace.people["ana"])
        (change,) = read_headline(main_values(result)[0], 0, result, changes).changes
        is_signal = found.explanation.is_unusual is True and found.explanation.moved == "changed"
        assert bool(change.verdict) == (is_signal and result.columns[0].direction != "none"), metric


@pytest.mark.parametrize(
    ("query", "person"),
    [
        (replace(ASKED, compare=()), "ana"),
        (replace(ASKED, by=(Breakdown("channel"),)), "ana"),
        (replace(ASKED, metrics=("pieces",)), "ana"),  # a balance
        (replace(ASKED, metrics=("middle",)), "ana"),  # a median
        (replace(ASKED, metrics=("spend",)), "ana"),  # without a direction, nothing is better
    ],
)
def test_without_sums_of_days_no_further_question_is_asked(
    workspace: ExplainedWorkspace, query: Query, person: str
) -> None:
    actor = workspace.people[person]
    assert usual_question(workspace.ask(query, actor), workspace.visible(actor)) is None


def test_hidden_days_do_not_count_as_days_without_data(tmp_path: Path) -> None:
    """Gus sees no number of fewer than three buyers, and on 20 December there was only one buyer."""
    opened = open_explained(tmp_path, "UPDATE orders SET buyer = 4 WHERE day = DATE '2025-12-20'")
    try:
        assert usual(ASKED, opened, "ana")[1] != NO_USUAL
        assert usual(ASKED, opened, "gus")[1] == NO_USUAL
    finally:
        opened.close()


# The marketing model

UNTIL, TODAY = date(2026, 6, 30), date(2026, 7, 1)
COMPARED = Query(metrics=("",), time=Last(4, Granularity.WEEK), compare=(Previous(),))
WAYS: tuple[Query, ...] = (
    COMPARED,
    replace(COMPARED, by=(Breakdown("channel"),), totals=((),)),
    replace(COMPARED, by=(Breakdown("market"),), compare=()),
    replace(COMPARED, by=(Breakdown(DATE, Granularity.WEEK),), time=Last(13, Granularity.WEEK), compare=()),
)


BESIDE_THE_ANSWER = re.compile(
    r"the week of \d+ \w+ \d+|\d+ weeks before|the last (\d+ )?days?|the 95% intervals|^(Not enough|Too little).*"
)
"""Matches numbers that aren't cells: days, numbers of weeks and days, and how much data is behind a number."""


@pytest.mark.long
def test_every_number_of_the_marketing_models_headlines_is_one_of_the_answer(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = own_company(tmp_path_factory, until=UNTIL)
    workspace = Workspace.open(Settings(data=str(file), model=MARKETING_MODEL, mask_key="a key of the tests"))
    counted: Counter[str] = Counter()
    try:
        actor = workspace.people["ana"]
        names = [metric.name for metric in workspace.visible(actor).metrics]
        for query, name in part_of([(query, name) for query in WAYS for name in names]):
            asked = replace(query, metrics=(name,))
            if not workspace.preflight(asked, actor, today=TODAY).ok:
                continue
            try:
                result = workspace.ask(asked, actor, today=TODAY)
            except SemanticError:
                continue
            sentence = headline(result)
            counted["said" if sentence else "silent"] += 1
            column = main_values(result)[0]
            known = numbers_of(result, 100 if column.format is NumberFormat.SHARE else 1)
            labels = [column.label, column.label[:1].lower() + column.label[1:]]
            plain = sentence
            for label in labels:
                plain = plain.replace(label, "")
            plain = BESIDE_THE_ANSWER.sub("", plain)
            assert strangers(plain, known) == [], (name, query.by, sentence)
            assert not re.search(r"because [^t]|drove|caused|  |\.\.|nan|None", sentence), sentence
    finally:
        workspace.close()
    assert counted["said"] > counted["silent"]
