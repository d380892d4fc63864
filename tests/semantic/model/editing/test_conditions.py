"""A condition as the rows of a form: what is read, what is written, and which conditions stay as text."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.config.settings import MARKETING_MODEL
from semantic.model.editing.conditions import Condition, Sign, condition, conditions_of, conditions_text, same_rows
from semantic.model.editing.object_words import NONE, FieldChange
from semantic.model.loading.load import load_model

MODEL = load_model(MARKETING_MODEL)
TEXTS = sorted(
    {
        expression.text
        for metric in MODEL.metrics.values()
        for expression in (metric.filter, metric.where, *(use.where for use in metric.uses))
        if expression is not None
    }
    | {segment.where.text for segment in MODEL.segments.values() if segment.where is not None}
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("NOT is_test", [("is_test", Sign.IS_FALSE, ())]),
        ("is_test = FALSE AND paid", [("is_test", Sign.IS_FALSE, ()), ("paid", Sign.IS_TRUE, ())]),
        ("status <> 'cancelled'", [("status", Sign.IS_NOT, ("cancelled",))]),
        ("'DE' = market", [("market", Sign.IS, ("DE",))]),
        ("3 < age", [("age", Sign.ABOVE, ("3",))]),
        (
            "market IN ('DE', 'AT') AND age >= 18",
            [("market", Sign.IS, ("DE", "AT")), ("age", Sign.AT_LEAST, ("18",))],
        ),
        ("market NOT IN ('it''s', 'a AND b')", [("market", Sign.IS_NOT, ("it's", "a AND b"))]),
        ("age BETWEEN 0 AND 89 AND paid", [("age", Sign.BETWEEN, ("0", "89")), ("paid", Sign.IS_TRUE, ())]),
        (
            "coupon IS NOT NULL and refund is null",
            [("coupon", Sign.HAS_VALUE, ()), ("refund", Sign.IS_EMPTY, ())],
        ),
        ("day >= DATE '2026-01-01'", [("day", Sign.AT_LEAST, ("2026-01-01",))]),
        ("balance < -5", [("balance", Sign.BELOW, ("-5",))]),
        # only SQL can say these
        ("a = 1 OR b = 2", [("", Sign.IS, ())]),
        ("lower(market) = 'de' AND paid", [("", Sign.IS, ()), ("paid", Sign.IS_TRUE, ())]),
        ("(a = 1 OR b = 2) AND NOT t", [("", Sign.IS, ()), ("t", Sign.IS_FALSE, ())]),
        ("CASE WHEN a AND b THEN c END AND d", [("", Sign.IS, ()), ("d", Sign.IS_TRUE, ())]),
        ("a IN (1, 'b')", [("", Sign.IS, ())]),
        ("a = b", [("", Sign.IS, ())]),
        ("NOT (a AND b)", [("", Sign.IS, ())]),
        ("a -- b AND c", [("", Sign.IS, ())]),
        ("a = ", [("", Sign.IS, ())]),
    ],
)
def test_a_condition_is_read(text: str, parts: list[tuple[str, Sign, tuple[str, ...]]]) -> None:
    assert [(part.field, part.test, part.values) for part in conditions_of(text)] == parts
    assert all(part.text in text for part in conditions_of(text))


@pytest.mark.parametrize("text", TEXTS)
def test_every_condition_of_the_marketing_model_keeps_its_text(text: str) -> None:
    assert conditions_text(conditions_of(text)) == text


def test_every_simple_condition_of_the_marketing_model_is_read() -> None:
    parts = [part for text in TEXTS for part in conditions_of(text)]
    assert sum(bool(part.field) for part in parts) > 0.9 * len(parts)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (condition("status", Sign.IS, ["it's"]), "status = 'it''s'"),
        (condition("status", Sign.IS_NOT, ["a", "b"]), "status NOT IN ('a', 'b')"),
        (condition("Order No", Sign.HAS_VALUE), '"Order No" IS NOT NULL'),
        (condition("Order", Sign.IS_TRUE), '"Order"'),
        (condition("age", Sign.BETWEEN, ["0", "89"], is_text=False), "age BETWEEN 0 AND 89"),
        (condition("age", Sign.AT_LEAST, ["18.5"], is_text=False), "age >= 18.5"),
    ],
)
def test_a_comparison_is_written(made: Condition | None, text: str) -> None:
    assert made is not None
    assert made.text == text


def test_a_comparison_that_lacks_a_value_is_not_written() -> None:
    assert condition("age", Sign.ABOVE, [], is_text=False) is None
    assert condition("age", Sign.ABOVE, ["1; DROP TABLE x"], is_text=False) is None
    assert condition("age", Sign.BETWEEN, ["1"], is_text=False) is None
    assert condition("status", Sign.IS) is None


def test_a_part_with_or_gets_brackets_among_others() -> None:
    parts = [*conditions_of("a = 1 OR b = 2"), *conditions_of("NOT t")]
    assert conditions_text(parts) == "(a = 1 OR b = 2) AND NOT t"
    assert conditions_text([Condition("a -- b"), Condition("c")]) == "(a -- b\n) AND c"


def test_two_spellings_of_the_same_condition_are_equal() -> None:
    assert same_rows("NOT t AND s IN ('b', 'a')") == same_rows("s IN ('a','b') and t = false")
    assert same_rows("NOT t") != same_rows("t")
    assert same_rows("a=1 or b =2") == same_rows("a = 1 OR b = 2")


ROWS = [(None, None), ("a", 1), ("b", 2), ("it's", -3), ('"', 10)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("s"), st.sampled_from([Sign.IS, Sign.IS_NOT]),
                      st.lists(st.sampled_from(["a", "b", "it's", '"', "--", "')"]), min_size=1, max_size=3)),
            st.tuples(st.just("n"), st.sampled_from([Sign.ABOVE, Sign.AT_MOST, Sign.IS, Sign.BELOW, Sign.AT_LEAST]),
                      st.lists(st.sampled_from(["1", "-3", "2.5"]), min_size=1, max_size=1)),
            st.tuples(st.sampled_from(["s", "n"]), st.sampled_from([Sign.HAS_VALUE, Sign.IS_EMPTY]), st.just([])),
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_a_written_condition_keeps_the_described_rows(asked: list[tuple[str, Sign, list[str]]]) -> None:
    """DuckDB selects the rows, and so do the conditions applied by hand."""
    made = [condition(field, test, values, is_text=field == "s") for field, test, values in asked]
    text = conditions_text(part for part in made if part is not None)
    assert [(part.field, part.test, part.values) for part in conditions_of(text)] == [
        (field, test, tuple(values)) for field, test, values in asked
    ]
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE t (s VARCHAR, n DOUBLE)")
        engine.executemany("INSERT INTO t VALUES (?, ?)", ROWS)
        rows = engine.execute(f"SELECT s, n FROM t WHERE {text}").fetchall()
    assert sorted(rows, key=str) == sorted(
        (
            (s, n)
            for s, n in ROWS
            if all(_holds(s if field == "s" else n, test, values) for field, test, values in asked)
        ),
        key=str,
    )


def _holds(value: object, test: Sign, values: list[str]) -> bool:
    if test in (Sign.HAS_VALUE, Sign.IS_EMPTY):
        return (value is None) == (test is Sign.IS_EMPTY)
    if value is None:
        return False
    if isinstance(value, str):
        return (value in values) == (test is Sign.IS)
    number, other = float(str(value)), float(values[0])
    return {
        Sign.ABOVE: number > other, Sign.AT_LEAST: number >= other, Sign.BELOW: number < other,
        Sign.AT_MOST: number <= other, Sign.IS: number == other,
    }[test]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("NOT is_test AND status <> 'returned'", "NOT is_test", ("Filter removed: status isn't returned",)),
        (NONE, "market IN ('DE', 'AT')", ("Filter added: market is DE or AT",)),
        ("age >= 18", "age >= 21", ("Filter removed: age is at least 18", "Filter added: age is at least 21")),
        ("a AND b", "b AND a", ("Filter: a AND b → b AND a",)),
        ("upper(x) = 'A'", NONE, ("Filter removed: upper(x) = 'A'",)),
    ],
)
def test_a_changed_filter_is_described_condition_by_condition(before: str, after: str, words: tuple[str, ...]) -> None:
    assert FieldChange("Filter", before, after).plain_words == words


def test_other_fields_are_described_unchanged() -> None:
    assert FieldChange("Unit", "EUR", NONE).plain_words == ("Unit: EUR → none",)
