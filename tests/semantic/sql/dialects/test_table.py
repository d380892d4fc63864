"""Values and names in every dialect read back as written, and the page about dialects matches the table."""

import random
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from semantic import compile_query, load_model
from semantic.compile import readable_sql
from semantic.errors import InvalidQuery
from semantic.model.definitions import DatePart
from semantic.model.expression import parse_expression
from semantic.model.loading.load import read_folder
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.sql.dialects.build_tree import aliased, column, name
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import DIALECTS, Dialect, find_dialect
from semantic.sql.dialects.values import Secret, Values
from tests.shop import SHOP, TODAY

PAGE = Path(__file__).parents[4] / "docs/reference/dialects.md"
EVERY = sorted(DIALECTS)
PIECES = (
    "'", '"', "`", "\\", "\n", "\r", "\t", "\b", "\f", "\v", "\a", "\x01", "\x1a", "\x1b", "\x7f", "\u0085",
    "%", "_", "$", "{", "}", "?", ":", "@", "&", ";", "-", "/", "*", "#", "(", ")", "[", "]", ",", ".", "=", " ",
    "a", "n", "x", "u", "0", "1", "N", "E", "é", "ß", "İ", "漢", "😀", "👩‍🚀", "\u2028", "\u00a0", "\u202e", "\ufeff",
    "\u0301", "ʼ", "＇", "’", "‘", "“", "${env:HOME}", "${", "{{", "}}", "{%", "$1", ":p1", "$$", "$a$", "@@", "%s",
    "\\u0041", "\\x27", "\\047", "\\'", "''", '""', "``", "--", "/*", "*/", "q'[", "r'", "E'", "U&'", "0x27",
    "' OR 1=1 --", "'; DROP TABLE t; --", "NULL", "n", "x",
)  # fmt: skip


def made_up(count: int, seed: int) -> list[str]:
    made = random.Random(seed)
    return ["".join(made.choices(PIECES, k=made.randint(1, 12))) for _ in range(count)]


STRINGS = ["", *PIECES, *made_up(3000, 7)]
NAMES = [*dict.fromkeys([*PIECES, *made_up(400, 11)])]


def in_parts(texts: Sequence[str], size: int = 100) -> list[Sequence[str]]:
    return [texts[index : index + size] for index in range(0, len(texts), size)]


def columns_of(sql: str, dialect: str) -> list[exp.Expr]:
    (tree,) = sqlglot.parse(sql, read=dialect)
    assert isinstance(tree, exp.Select)
    return tree.expressions


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("dialect", EVERY)
def test_texts_read_back_as_written(dialect: str, pretty: bool) -> None:
    for part in in_parts(STRINGS):
        listed = [aliased(Values(inline=True).add(text), f"c{index}") for index, text in enumerate(part)]
        sql = render(exp.Select(expressions=listed), DIALECTS[dialect], pretty=pretty)
        columns = columns_of(sql, dialect)
        assert [expression.this for expression in columns] == [exp.Literal.string(text) for text in part]


NEVER_IN_A_NAME = {"bigquery": "."}  # takes a name with a dot apart, and has no column called so


@pytest.mark.parametrize("dialect", EVERY)
def test_names_read_back_as_written(dialect: str) -> None:
    for part in in_parts([text for text in NAMES if NEVER_IN_A_NAME.get(dialect, "\0") not in text]):
        listed = [aliased(column(text, "t"), text) for text in part]
        columns = columns_of(render(exp.Select(expressions=listed), DIALECTS[dialect]), dialect)
        assert [(expression.this.name, expression.alias) for expression in columns] == [(text, text) for text in part]


@pytest.mark.parametrize("dialect", EVERY)
def test_reserved_words_are_quoted(dialect: str) -> None:
    words = ["order", "select", "table", "from", "group"]
    sql = render(exp.Select(expressions=[column(word, "t") for word in words]), DIALECTS[dialect])
    names = [
        name
        for expression in columns_of(sql, dialect)
        for name in expression.find_all(exp.Identifier)
        if name.name != "t"
    ]
    assert [identifier.name for identifier in names if identifier.args["quoted"]] == [
        identifier.name for identifier in names
    ]
    assert {identifier.name for identifier in names} == {*words}


@pytest.mark.parametrize("dialect", EVERY)
def test_filter_values_are_in_the_readable_text_as_they_are(dialect: str) -> None:
    model, people = load_model(SHOP), read_people(read_folder(SHOP))
    for part in in_parts([text for text in dict.fromkeys(STRINGS) if text][:600]):
        where = {"dim": "device", "op": "in", "values": list(part)}
        query = query_from_data({"metrics": ["revenue"], "by": ["channel"], "where": where})
        compiled = compile_query(model, query, people["steward"], DIALECTS[dialect], today=TODAY)
        tree = sqlglot.parse_one(readable_sql(compiled), read=dialect)
        listed = next(one for one in tree.find_all(exp.In) if one.this.name == "device")
        assert [expression.this for expression in listed.expressions] == list(part)


PLACES = {"numbered": ("$1", "$2"), "named": (":p1", ":p2"), "written": ("'a'", "5")}


@pytest.mark.parametrize("dialect", EVERY)
def test_values_are_sent_in_the_dialects_types(dialect: str) -> None:
    said = DIALECTS[dialect]
    values = Values(style=said.parameters)
    listed = [aliased(values.add("a"), "x"), aliased(values.add(5), "y")]
    first, second = PLACES[said.parameters]
    assert render(exp.Select(expressions=listed), said) == f"SELECT {first} AS x, {second} AS y"
    assert values.params == ([] if said.parameters == "written" else ["a", 5])


def test_a_secret_is_never_written() -> None:
    with pytest.raises(InvalidQuery, match="mask key"):
        Values(style="written").add(Secret("mask key"))
    assert Values(inline=True).add(Secret("mask key")) == exp.Literal.string("<mask key>")


MOMENT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
INSTANTS = {"clickhouse": "toDateTime64('2026-03-29 01:30:00', 6, 'UTC')"}


@pytest.mark.parametrize("dialect", EVERY)
def test_days_instants_and_decimals_keep_their_kind(dialect: str) -> None:
    def said(value: object) -> exp.Expr:
        sql = render(exp.Select(expressions=[aliased(Values(inline=True).add(value), "x")]), DIALECTS[dialect])
        return columns_of(sql, dialect)[0].this

    assert said(Decimal("12.3400")).sql() == "12.3400"
    assert said(date(2026, 3, 29)).this == exp.Literal.string("2026-03-29")
    if dialect in INSTANTS:
        assert said(MOMENT).sql(dialect=dialect) == INSTANTS[dialect]
    else:
        assert said(MOMENT).this == exp.Literal.string("2026-03-29 01:30:00+00:00")
    assert said(MOMENT.replace(tzinfo=None)).this == exp.Literal.string("2026-03-29 01:30:00")


SPOKEN = {
    "AVG(x)": {
        "duckdb": "AVG(x)",
        "postgres": "CAST(SUM(x) AS DOUBLE PRECISION) / NULLIF(COUNT(x), 0)",
        "spark": "CAST(SUM(x) AS DOUBLE) / NULLIF(COUNT(x), 0)",
    },
    "AVG(x) FILTER (WHERE y)": {
        "duckdb": "AVG(x) FILTER(WHERE y)",
        "postgres": "CAST(SUM(x) FILTER(WHERE y) AS DOUBLE PRECISION) / NULLIF(COUNT(x) FILTER(WHERE y), 0)",
    },
    "x % y": {"duckdb": "x % y", "postgres": "x % NULLIF(y, 0)", "spark": "x % NULLIF(y, 0)"},
    "x / 2": {"duckdb": "x / 2", "postgres": "CAST(x AS DOUBLE PRECISION) / 2", "spark": "CAST(x AS DOUBLE) / 2"},
    "x LIKE 'a\\b%'": {
        "duckdb": "x LIKE 'a\\b%'",
        "postgres": "x LIKE 'a\\\\b%'",
        "spark": "x LIKE 'a\\\\\\\\b%'",
    },
    "x IS NOT DISTINCT FROM y": {
        "postgres": "x IS NOT DISTINCT FROM y",
        "redshift": "(x = y OR (x IS NULL AND y IS NULL))",
    },
    "x IS DISTINCT FROM y": {"redshift": "NOT COALESCE((x = y OR (x IS NULL AND y IS NULL)), FALSE)"},
    "UPPER(RIGHT(x, 2))": {"duckdb": "UPPER(RIGHT(x, 2))", "clickhouse": "upperUTF8(rightUTF8(x, 2))"},
    "LENGTH(x)": {"clickhouse": "lengthUTF8(x)"},
    "CAST(x AS TIMESTAMP)": {"spark": "CAST(x AS TIMESTAMP_NTZ)", "snowflake": "CAST(x AS TIMESTAMPNTZ)"},
    "QUANTILE_CONT(x, 0.95)": {
        "duckdb": "QUANTILE_CONT(x, 0.95)",
        "postgres": "PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY x)",
        "spark": "PERCENTILE(x, 0.95)",
        "databricks": "PERCENTILE(x, 0.95)",
        "clickhouse": "quantileExactInclusive(0.95)(x)",
        "snowflake": "PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY x)",
        "trino": "APPROX_PERCENTILE(x, 0.95)",
        "redshift": "PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY x)",
    },
    "QUANTILE_CONT(x, 0.5) FILTER (WHERE y)": {
        "postgres": "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x) FILTER(WHERE y)",
        "spark": "PERCENTILE(x, 0.5) FILTER(WHERE y)",
    },
    "QUANTILE_DISC(x, 0.5)": {
        "postgres": "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x)",
        "spark": "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x)",
        "databricks": "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x)",
        "snowflake": "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x)",
        "bigquery": "ARRAY_AGG(x IGNORE NULLS ORDER BY x)"
        "[SAFE_OFFSET(CAST(GREATEST(0, CEIL(0.5 * COUNT(x)) - 1) AS INT64))]",
        "redshift": "APPROXIMATE PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x)",
    },
    "APPROX_QUANTILE(x, 0.5)": {
        "duckdb": "APPROX_QUANTILE(x, 0.5)",
        "postgres": "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x)",
        "clickhouse": "quantileTDigest(0.5)(x)",
        "snowflake": "APPROX_PERCENTILE(x, 0.5)",
    },
    "APPROX_COUNT_DISTINCT(x)": {
        "duckdb": "APPROX_COUNT_DISTINCT(x)",
        "postgres": "COUNT(DISTINCT x)",
        "clickhouse": "uniq(x)",
        "trino": "APPROX_DISTINCT(x)",
        "redshift": "APPROXIMATE COUNT(DISTINCT x)",
    },
    "SELECT t.x, 1 AS y FROM t": {
        "duckdb": "SELECT t.x, 1 AS y FROM t",
        "clickhouse": "SELECT t.x AS x, 1 AS y FROM t",
    },
    "x - INTERVAL 7 DAY": {
        "duckdb": "x - INTERVAL '7' DAY",
        "bigquery": "x - INTERVAL 7 DAY",
        "redshift": "x - INTERVAL '7 DAY'",
    },
    "CAST(x AS VARCHAR)": {"redshift": "CAST(x AS VARCHAR(MAX))", "spark": "CAST(x AS STRING)"},
}
BEYOND_A_MODEL = ("AVG", "QUANTILE", "APPROX", "INTERVAL", "SELECT")
CALLED = [(text, dialect, said) for text, every in SPOKEN.items() for dialect, said in every.items()]


@pytest.mark.parametrize(("text", "dialect", "said"), CALLED)
def test_an_expression_is_written_in_the_dialects_syntax(text: str, dialect: str, said: str) -> None:
    tree = (
        sqlglot.parse_one(text, read="duckdb")
        if any(each_name in text for each_name in BEYOND_A_MODEL)
        else parse_expression(text).tree.copy()
    )
    assert render(tree, DIALECTS[dialect]) == said


CLOCK = ("HOUR", "MINUTE", "SECOND", "MILLISECOND")
PARTS = [date_part for date_part in DatePart if date_part is not DatePart.DAY_NUMBER]


@pytest.mark.parametrize("dialect", EVERY)
def test_every_phrase_is_sql_of_its_engine(dialect: str) -> None:
    said = DIALECTS[dialect]
    places = {
        "x": column("a", "t"), "y": column("b", "t"), "zone": exp.Literal.string("Europe/Berlin"),
        "p": exp.Literal.number("0.9"),
    }  # fmt: skip
    units = ("WEEK", "MONTH", "QUARTER", "YEAR")
    for called, phrase in (phrases(said) | parts(said)).items():
        clock = called.endswith("clock")
        for text in {phrase.format(unit=unit, step="DAY") for unit in (CLOCK if clock else units)}:
            for n in (7, -7):
                tree = fill(text, dialect, n, **places)
                printed = tree.sql(dialect=dialect)
                read = sqlglot.parse_one(printed, read=dialect)
                assert sqlglot.parse_one(read.sql(dialect=dialect), read=dialect) == read
                assert not {each_column.name for each_column in tree.find_all(exp.Column)} & {"x", "n", "p", "zone"}


def phrases(dialect: Dialect) -> dict[str, str]:
    """Return the dialect's phrases by the column of the table."""
    wanted = ("period", "week", "moved_period", "add_days", "add_months", "day_number", "local", "clock", "local_clock")
    numbers = ("percentile", "percentile_of_values", "percentile_estimated", "distinct_estimated")
    traits = {text: getattr(dialect, text) for text in (*wanted, "lower", "sha256", "instant", *numbers)}
    return {each_name: text for each_name, text in traits.items() if text}


def parts(dialect: Dialect) -> dict[str, str]:
    """Return the dialect's phrases for parts of a date, by part."""
    return {part.value: dict(dialect.parts).get(part.value, f"EXTRACT({part.value.upper()} FROM x)") for part in PARTS}


def notes_of(metric: str, dialect: str) -> tuple[str, ...]:
    model = load_model(SHOP)
    query = query_from_data({"metrics": [metric]})
    return compile_query(model, query, read_people(read_folder(SHOP))["steward"], DIALECTS[dialect], today=TODAY).notes


def test_estimates_are_marked() -> None:
    """Two kinds of engines are listed: those that estimate a percentile, and those that estimate a percentile or
    distinct count if estimates are allowed.

    Add a new dialect according to its manual.
    """
    assert [name for name in EVERY if notes_of("median_order", name)] == ["trino"]
    assert [name for name in EVERY if notes_of("upper_order_value", name)] == ["redshift", "trino"]
    estimated = [name for name in EVERY if notes_of("median_order_estimated", name)]
    assert estimated == [name for name in EVERY if name not in ("postgres", "redshift")]
    assert [name for name in EVERY if not notes_of("buyers_estimated", name)] == ["postgres"]
    assert notes_of("median_order", "trino") == ("Median amount is an estimate: trino has no exact percentile.",)
    assert notes_of("buyers_estimated", "duckdb") == ("Number of buyers is an estimate.",)


def test_a_name_that_is_not_a_plain_word_is_quoted() -> None:
    assert name("plain_word").args["quoted"] is not True
    assert name("Mixed").args["quoted"] is True


def test_an_unknown_dialect_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidQuery, match="no dialect named 'oracle'") as refused:
        find_dialect("oracle")
    listed = str(refused.value).rpartition("Choose one of ")[2].rstrip(".").split(", ")
    assert sorted(listed) == EVERY


def test_the_page_about_dialects_matches_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    known = {field.name for field in fields(Dialect)}
    assert known >= set(phrases(DIALECTS["postgres"]))
    for dialect in DIALECTS.values():
        for text in (*phrases(dialect).values(), *dict(dialect.parts).values()):
            assert f"`{text}`" in page, f"docs/reference/dialects.md lacks {text} of {dialect.name}."
        row = f"| {dialect.name} | {dialect.parameters} | {_word(dialect.filter_clause)} | {_word(dialect.null_safe)} |"
        assert row in page, f"docs/reference/dialects.md lacks a row that begins with: {row}"


def _word(can: bool) -> str:
    return "yes" if can else "no"
