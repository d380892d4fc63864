"""Money in a model: every problem with its text and line, and amounts in formulas."""

from __future__ import annotations

import pytest

from semantic.errors import ModelError
from semantic.model.amounts import ANY, MIXED, amounts_in
from semantic.model.loading.load import parse_model
from tests.semantic.fair_books import BOOKS


def problems(*changes: tuple[str, str]) -> list[str]:
    text = BOOKS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(ModelError) as caught:
        parse_model({"books.yml": text})
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(BOOKS.splitlines(), start=1) if text in line)


PAID = "{name: paid, agg: sum, sql: amount, currency: code}"
PAID_METRIC = "{name: paid, measure: sales.paid, unit: EUR, format: money}"
WRONG = [
    ("dataset: rates, currency: code", "dataset: ratse, currency: code", "", "'ratse', which is not a dataset"),
    ("day: day, rate: rate,", "day: day, rate: price,", "- name: rates", "'price', which is not a column of 'rates'"),
    ("grain: [code, day]", "grain: [code]", "- name: rates", "needs one rate for each currency and day"),
    ("{code: string, day: date,", "{code: string, day: timestamp,", "- name: rates", "day of a rate has the type"),
    ("{code: string, day: date,", "{code: integer, day: date,", "- name: rates", "currency of a rate has the type"),
    ('rate: "decimal(18,8)"}', "rate: string}", "- name: rates", "A rate has the type string"),
    ("local: amount}", "local: amuont}", "name: booked, agg", "reads 'amuont', which is not a column of 'sales'"),
    ("local: amount}", "local: shop}", "name: booked, agg", "local amount of 'booked' is not a number"),
    ("currency: code, local: amount}", "local: amount}", "name: booked, agg", "local amounts but no currency"),
    ("currency: code, local: amount}", "currency: SEK, local: amount}", "name: booked, agg", "only in 'SEK'"),
    (PAID, PAID.replace("code", "coin"), "name: paid, agg", "'coin', which is not a column of 'sales'"),
    (PAID, PAID.replace("code", "id"), "name: paid, agg", "currency of 'paid' has the type integer"),
    ("{name: count, agg: count}", "{name: count, agg: count, currency: code}", "name: count, agg", "is a count, but"),
    (PAID_METRIC, PAID_METRIC.replace("EUR", "GBP"), PAID_METRIC, "They are in EUR: write `unit: EUR`"),
    (PAID_METRIC, PAID_METRIC.replace(", format: money", ""), PAID_METRIC, "and `format: money`"),
    ("unit: GBP, format: money}", "unit: EUR, format: money}", "name: pounds, measure", "They are in GBP"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "says"), WRONG, ids=lambda one: one[:40])
def test_errors_name_their_line(old: str, new: str, place: str, says: str) -> None:
    texts = [problem for problem in problems((old, new)) if says in problem]
    assert len(texts) == 1
    assert not place or f"books.yml:{line_of(place)}:" in texts[0]


def test_amounts_of_several_currencies_need_rates() -> None:
    texts = problems((BOOKS[BOOKS.index("  rates: {dataset") : BOOKS.index("datasets:")], ""))
    assert sum("the model has no exchange rates" in problem for problem in texts) == 7


def test_amounts_of_one_measure_are_in_one_currency() -> None:
    text = "- {name: pounds, agg: sum, sql: booked, currency: GBP}"
    also = "- {name: count, measure: sales.count}\n  - {name: euros, measure: sales.pounds, unit: EUR, format: money}"
    texts = problems((text, text.replace(", currency: GBP", "")), ("- {name: count, measure: sales.count}", also))
    assert any("'sales.pounds' is GBP in 'pounds' and EUR in 'euros'" in problem for problem in texts)


COUNTED = "- {name: count, measure: sales.count}"


def test_amounts_of_two_currencies_are_not_combined() -> None:
    both = "- {name: both, kind: derived, expression: paid + pounds, unit: EUR, format: money}"
    (problem,) = [
        each_problem for each_problem in problems((COUNTED, f"{COUNTED}\n  {both}")) if "'both'" in each_problem
    ]
    assert "mixes amounts in EUR and in GBP" in problem


def test_money_has_a_currency() -> None:
    signed = "- {name: signed, kind: derived, expression: paid, unit: €, format: money}"
    (problem,) = [
        each_problem for each_problem in problems((COUNTED, f"{COUNTED}\n  {signed}")) if "'signed'" in each_problem
    ]
    assert "its unit '€' is not a currency" in problem


# How formulas use amounts


FORMULAS = [
    ("paid", 1), ("0 * paid", ANY), ("2 * count", 0), ("count", 0), ("paid / count", 1), ("paid / paid", 0),
    ("count / paid", -1),
    ("1000 * paid / nullif(count, 0)", 1), ("paid - coalesce(paid, 0)", 1), ("paid - 1", MIXED),
    ("paid + count", MIXED),
    ("1 - paid / paid", 0), ("paid * (1 - count)", 1), ("coalesce(paid, 1)", MIXED), ("abs(-paid)", 1),
    ("CASE WHEN paid > 0 THEN paid ELSE 0 END", 1), ("CASE WHEN paid > 100 THEN count ELSE 0 END", MIXED),
    ("CASE WHEN count > 100 THEN paid ELSE count END", MIXED), ("round(paid)", 1),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "amounts"), FORMULAS)
def test_formulas_are_recognized_as_money_plain_numbers_or_mixed(formula: str, amounts: int | str) -> None:
    text = BOOKS.replace("expression: paid - 2 * count", f'expression: "{formula}"')
    model = parse_model({"books.yml": text})
    assert amounts_in(model.metrics["after_fees"], model) == amounts
