"""Phrases are filled with whole syntax trees, in which each node has only one place."""

from __future__ import annotations

from sqlglot import exp

from semantic.sql.dialects.build_tree import column
from semantic.sql.dialects.phrases import fill


def test_a_name_used_twice_is_a_separate_tree_in_each_place() -> None:
    expression = fill("x - (x AT TIME ZONE zone)", "duckdb", x=column("moment", "t"), zone=exp.Literal.string("UTC"))
    assert expression.sql("duckdb") == "t.moment - (t.moment AT TIME ZONE 'UTC')"
    nodes = [*expression.walk()]
    assert len({id(node) for node in nodes}) == len(nodes)
    assert all(node.parent is not None for node in nodes if node is not expression)


def test_a_tree_in_use_stays_in_its_place() -> None:
    day = column("day", "t")
    around = exp.Paren(this=day)
    expression = fill("CAST(x + INTERVAL 'n' DAY AS DATE)", "duckdb", 3, x=day)
    assert expression.sql("duckdb") == "CAST(t.day + INTERVAL '3' DAY AS DATE)"
    assert day.parent is around


def test_a_phrase_is_filled_with_new_values_each_time() -> None:
    phrase = "DATE_TRUNC('MONTH', x)"
    statements = [fill(phrase, "trino", x=column(name, "t")).sql("trino") for name in ("a", "b")]
    assert statements == ["DATE_TRUNC('MONTH', t.a)", "DATE_TRUNC('MONTH', t.b)"]


def test_a_tree_next_to_an_operator_is_in_brackets() -> None:
    total = exp.Add(this=column("a", "t"), expression=column("b", "t"))
    assert fill("DATEDIFF(DAY, y, x) + n", "snowflake", -1, x=total, y=column("c", "t")).sql() == (
        "DATEDIFF(t.a + t.b, t.c, DAY) + -1"
    )
    assert fill("x + 1", "duckdb", x=total).sql() == "(t.a + t.b) + 1"
