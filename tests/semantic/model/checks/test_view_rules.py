"""Row rules reach inside a dataset's `sql:`, or the model is refused. Accepted views leak nothing on a real engine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb
import pytest

from semantic.__main__ import main
from semantic.errors import ModelError
from semantic.governance.model_diff import diff_models
from semantic.model.checks.view_rules import unproven
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.explain import explain_metric
from semantic.policy.narrow import narrow
from tests.proof import part_of

MODEL: Final = """
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    columns: {order_id: string, customer: string, market: string, day: date, amount: integer, loaded_at: timestamptz}
    entities: [{name: order, kind: primary, columns: [order_id]}, {name: customer, kind: foreign, columns: [customer]}]
    measures: [{name: amount, agg: sum, sql: amount}]
    freshness: {column: loaded_at}
  - name: customers
    table: customers
    grain: [customer]
    columns: {customer: string, home: string}
    entities: [{name: customer, kind: primary, columns: [customer]}]
  - name: days
    table: days
    grain: [day]
    columns: {day: date, week: integer}
  - name: seen
    sql: "SQL"
    grain: [order_id]
    columns: {market: string, x: integer, order_id: string}
ENTITIES
    measures: [{name: x, agg: sum, sql: x}]
    REVIEWED
metrics: [{name: total, measure: seen.x}]
policies:
  - name: own
    who: {roles: [marketer]}
    grant: {metrics: all}
    whole: [days]
    rows: [{dataset: orders, where: "market IN (:markets)"}, RULE]
"""
ON_MARKET: Final = '{dataset: seen, where: "market IN (:markets)"}'

REACHED: Final = {
    "a row each": "SELECT market, amount AS x FROM orders WHERE amount > 0",
    "a star": "SELECT *, amount AS x FROM orders",
    "another column, computed from the row": "SELECT market, upper(customer) AS customer, amount AS x FROM orders",
    "grouped": "SELECT market, sum(amount) AS x FROM orders GROUP BY market, customer",
    "grouped by number": "SELECT sum(amount) AS x, market FROM orders GROUP BY 2",
    "grouped by all": "SELECT market, customer, sum(amount) AS x FROM orders GROUP BY ALL",
    "having": "SELECT market, sum(amount) AS x FROM orders GROUP BY market HAVING sum(amount) > 10",
    "window": "SELECT market, sum(amount) OVER (PARTITION BY market, customer ORDER BY day, order_id) AS x FROM orders",
    "qualify": "SELECT market, amount AS x FROM orders"
    " QUALIFY row_number() OVER (PARTITION BY market, customer ORDER BY day DESC, order_id) = 1",
    "distinct": "SELECT DISTINCT market, amount AS x FROM orders",
    "distinct on": "SELECT DISTINCT ON (market, customer) market, amount AS x FROM orders ORDER BY day, order_id",
    "self-join": "SELECT a.market, a.amount + b.amount AS x FROM orders a"
    " JOIN orders b ON b.customer = a.customer AND b.market = a.market",
    "self-join by where": "SELECT a.market, b.amount AS x FROM orders a, orders b"
    " WHERE b.customer = a.customer AND a.market = b.market",
    "left self-join": "SELECT a.market, b.amount AS x FROM orders a"
    " LEFT JOIN orders b ON b.customer = a.customer AND b.market = a.market AND b.day < a.day",
    "using": "SELECT market, b.amount AS x FROM orders a JOIN orders b USING (market, customer)",
    "totals beside rows": "SELECT a.market, a.amount - t.most AS x FROM orders a"
    " JOIN (SELECT market, max(amount) AS most FROM orders GROUP BY market) t ON t.market = a.market",
    "with": "WITH t AS (SELECT market, customer, max(amount) AS most FROM orders GROUP BY market, customer)"
    " SELECT a.market, t.most AS x FROM orders a JOIN t ON t.market = a.market AND t.customer = a.customer",
    "with twice": "WITH t AS (SELECT market, customer, amount FROM orders),"
    " u AS (SELECT market, max(amount) AS x FROM t GROUP BY market) SELECT market, x FROM u",
    "union all": "SELECT market, amount AS x FROM orders"
    " UNION ALL SELECT market, max(amount) FROM orders GROUP BY market",
    "union": "SELECT market, amount AS x FROM orders UNION SELECT market, 7 FROM orders",
    "except": "SELECT market, amount AS x FROM orders"
    " EXCEPT SELECT market, amount FROM orders WHERE day > '2026-01-05'",
    "exists": "SELECT a.market, a.amount AS x FROM orders a"
    " WHERE EXISTS (SELECT 1 FROM orders b WHERE b.market = a.market AND b.day > a.day)",
    "value of a subquery": "SELECT a.market, (SELECT max(b.amount) FROM orders b WHERE b.market = a.market) AS x"
    " FROM orders a",
    "in": "SELECT a.market, a.amount AS x FROM orders a"
    " WHERE a.customer IN (SELECT b.customer FROM orders b WHERE b.market = a.market AND b.amount > 30)",
    "looked up by a key": "SELECT o.market, o.amount + length(c.home) AS x FROM orders o"
    " LEFT JOIN customers c ON c.customer = o.customer",
    "rows of a table without a market": "SELECT o.market, l.qty AS x FROM lines l"
    " LEFT JOIN orders o ON o.order_id = l.order_id",
    "rows of a table without a market, by a group": "SELECT o.market, l.qty AS x FROM lines l"
    " JOIN (SELECT order_id, market FROM orders GROUP BY order_id, market) o ON o.order_id = l.order_id",
    "what everybody sees": "SELECT o.market, d.week AS x FROM orders o CROSS JOIN days d",
    "a total of what everybody sees": "SELECT market, amount AS x FROM orders WHERE day <= (SELECT max(day) FROM days)",
    "the newest load": "SELECT market, amount AS x FROM orders"
    " WHERE day < (SELECT CAST(max(loaded_at) AT TIME ZONE 'UTC' AS DATE) FROM orders)",
}  # fmt: skip
"""Views inside which a rule on market applies."""

LEAKS: Final = {
    "grouped": ("SELECT min(market) AS market, sum(amount) AS x FROM orders GROUP BY customer", "groups orders"),
    "aggregated": ("SELECT min(market) AS market, count(*) AS x FROM orders", "aggregates orders"),
    "having": ("SELECT min(market) AS market, 1 AS x FROM orders HAVING count(*) > 15", "aggregates orders"),
    "window": ("SELECT market, sum(amount) OVER (PARTITION BY customer) AS x FROM orders", "a window"),
    "one window of two": (
        "SELECT market, sum(amount) OVER (PARTITION BY market) + count(*) OVER () AS x FROM orders", "a window",
    ),
    "qualify": (
        "SELECT market, amount AS x FROM orders QUALIFY row_number() OVER (ORDER BY day, order_id) < 5", "a window",
    ),
    "limit": ("SELECT market, amount AS x FROM orders ORDER BY amount DESC, order_id LIMIT 5", "LIMIT"),
    "limit inside": (
        "SELECT market, x FROM (SELECT market, amount AS x FROM orders ORDER BY amount DESC, order_id LIMIT 5) t",
        "LIMIT",
    ),
    "distinct on": (
        "SELECT DISTINCT ON (customer) market, amount AS x FROM orders ORDER BY customer, amount, order_id",
        "DISTINCT ON",
    ),
    "self-join": (
        "SELECT a.market, b.amount AS x FROM orders a JOIN orders b ON b.customer = a.customer", "joins orders",
    ),
    "left self-join": (
        "SELECT a.market, b.amount AS x FROM orders a LEFT JOIN orders b ON b.customer = a.customer", "joins orders",
    ),
    "by a part of the condition": (
        "SELECT a.market, b.amount AS x FROM orders a JOIN orders b"
        " ON b.customer = a.customer AND (b.market = a.market OR b.amount > 50)", "joins orders",
    ),
    "an equality that only holds for the row that was joined": (
        "SELECT a.market, c.amount AS x FROM orders a JOIN orders c ON c.customer = a.customer"
        " LEFT JOIN orders b ON b.market = a.market AND b.market = c.market AND b.amount > 1000", "joins orders",
    ),
    "totals beside rows": (
        "SELECT a.market, a.amount - t.most AS x FROM orders a"
        " JOIN (SELECT customer, max(amount) AS most FROM orders GROUP BY customer) t ON t.customer = a.customer",
        "joins the query 't'",
    ),
    "with": (
        "WITH t AS (SELECT customer, max(amount) AS most FROM orders GROUP BY customer)"
        " SELECT a.market, t.most AS x FROM orders a JOIN t ON t.customer = a.customer", "joins the query 't'",
    ),
    "rank by another column": (
        "SELECT t.market, t.x FROM (SELECT market, rank() OVER (ORDER BY amount) AS x FROM orders) t", "a window",
    ),
    "union all": (
        "SELECT market, amount AS x FROM orders UNION ALL SELECT min(market), max(amount) FROM orders",
        "aggregates orders",
    ),
    "exists": (
        "SELECT a.market, a.amount AS x FROM orders a"
        " WHERE EXISTS (SELECT 1 FROM orders b WHERE b.customer = a.customer AND b.day > a.day)", "in a subquery",
    ),
    "in": (
        "SELECT market, amount AS x FROM orders WHERE customer IN (SELECT customer FROM orders WHERE amount > 30)",
        "in a subquery",
    ),
    "the newest day": (
        "SELECT market, amount AS x FROM orders WHERE day < (SELECT max(day) FROM orders)", "in a subquery",
    ),
    "how many were loaded": (
        "SELECT market, amount AS x FROM orders WHERE amount < (SELECT extract('year' FROM max(loaded_at)) - 2026"
        " + count(*) FROM orders)", "in a subquery",
    ),
    "sorted by others": (
        "SELECT a.market, sum(a.amount) OVER (PARTITION BY a.market ORDER BY (SELECT count(*) FROM orders b"
        " WHERE b.customer = a.customer), a.order_id) AS x FROM orders a", "in a subquery",
    ),
    "a text instead of the market": ("SELECT 'DE' AS market, amount AS x FROM orders", "can't be followed"),
    "the market of another row": (
        "SELECT c.market, o.amount AS x FROM orders o JOIN orders c ON c.customer = o.customer AND c.day < o.day",
        "joins orders",
    ),
    "rows of a table without a market, several times": (
        "SELECT a.market, l.qty AS x FROM orders a JOIN orders b ON b.customer = a.customer"
        " JOIN lines l ON l.order_id = b.order_id", "joins orders",
    ),
    "a column that the inner table lacks": (
        "SELECT o.market, s.qty AS x FROM orders o JOIN (SELECT market, qty FROM lines) s ON s.market = o.market",
        "can't be followed",
    ),
    "a column that the inner table lacks, in a grouped query": (
        "SELECT o.market, s.qty AS x FROM orders o"
        " JOIN (SELECT market AS m, sum(qty) AS qty FROM lines GROUP BY market) s ON s.m = o.market",
        "groups lines",
    ),
    "a column that the inner table lacks, under a name used twice": (
        "SELECT o.market, s.qty AS x FROM orders o JOIN (SELECT o.market, qty FROM lines o) s ON s.market = o.market",
        "can't be followed",
    ),
    "a column that the inner table lacks, through a star": (
        "SELECT o.market, s.qty AS x FROM orders o"
        " JOIN (SELECT market, qty FROM (SELECT * FROM lines) t) s ON s.market = o.market",
        "can't be followed",
    ),
    "a column that the inner table lacks, in a subquery": (
        "SELECT market, (SELECT sum(qty) FROM (SELECT market AS m, qty FROM lines) l WHERE l.m = a.market) AS x"
        " FROM orders a",
        "can't be followed",
    ),
    "another column of the same SELECT": (
        "SELECT upper('de') AS m, m AS market, amount AS x FROM orders", "can't be followed",
    ),
    "another column of the same SELECT, grouped": (
        "SELECT upper('de') AS m, m AS market, sum(amount) AS x FROM orders GROUP BY ALL", "groups orders",
    ),
    "another column of the same SELECT, in a window": (
        "SELECT upper('de') AS m, market, sum(amount) OVER (PARTITION BY m) AS x FROM orders", "a window",
    ),
    "a star beside a column of the same name": (
        "SELECT * REPLACE ('DE' AS market), market AS market, amount AS x FROM orders", "can't be followed",
    ),
    "two columns of the same name": (
        "SELECT 'DE' AS market, market, amount AS x FROM orders", "can't be followed",
    ),
    "hidden values turned into visible ones": (
        "SELECT CASE WHEN market = 'FR' THEN 'DE' ELSE market END AS market, amount AS x FROM orders",
        "can't be followed",
    ),
    "a missing value turned into a visible one": (
        "SELECT coalesce(market, 'DE') AS market, amount AS x FROM orders", "can't be followed",
    ),
    "the beginning of a text": (
        "SELECT left(concat('DE', market), 2) AS market, amount AS x FROM orders", "can't be followed",
    ),
    "where a row is stored": ("SELECT market, rowid AS x FROM orders", "reads rowid"),
    "semi-join": (
        "SELECT a.market, a.amount AS x FROM orders a SEMI JOIN orders b ON b.customer = a.customer AND b.day > a.day",
        "SEMI JOIN",
    ),
}  # fmt: skip
"""Views in which a hidden row changes a visible one, and why the model is refused."""

NOT_FOLLOWED: Final = {
    "full join": "SELECT a.market, a.amount AS x FROM orders a FULL JOIN orders b ON b.market = a.market",
    "natural join": "SELECT market, amount AS x FROM orders NATURAL JOIN customers",
    "rollup": "SELECT market, sum(amount) AS x FROM orders GROUP BY ROLLUP (market)",
    "recursive": "WITH RECURSIVE t AS (SELECT market, amount AS x FROM orders) SELECT market, x FROM t",
    "computed from the row": "SELECT upper(market) AS market, amount AS x FROM orders",
    "the star is of a table with a column of that name": "SELECT *, amount AS x, customer AS market FROM orders",
    "unknown function": "SELECT some_function(market) AS market, amount AS x FROM orders",
    "a table that the model doesn't know": "SELECT o.market, r.amount AS x FROM orders o JOIN returns r USING (day)",
    "a named window": "SELECT market, sum(amount) OVER w AS x FROM orders WINDOW w AS (PARTITION BY market)",
    "a value for what has no match": "SELECT coalesce(o.market, 'DE') AS market, l.qty AS x FROM lines l"
    " LEFT JOIN orders o ON o.order_id = l.order_id",
    "sample": "SELECT market, amount AS x FROM orders USING SAMPLE 10",
}  # fmt: skip
"""Views that may be safe but are refused, because it can't be determined whether they are."""


def files(sql: str, *, rule: str = ON_MARKET, entities: str = "", reviewed: str = "") -> dict[str, str]:
    text = MODEL.replace('"SQL"', f"|\n      {sql}").replace("RULE", rule).replace("ENTITIES\n", entities)
    return {"m.yml": text.replace("REVIEWED", f"row_rules_reviewed: {reviewed}" if reviewed else "")}


def read(sql: str, *, rule: str = ON_MARKET, entities: str = "", reviewed: str = "") -> Model:
    return parse_model(files(sql, rule=rule, entities=entities, reviewed=reviewed))


def refused(sql: str, **model: str) -> str:
    with pytest.raises(ModelError) as caught:
        read(sql, **model)
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize("name", REACHED)
def test_a_view_split_by_the_rules_column_is_read(name: str) -> None:
    assert read(REACHED[name]).datasets["seen"].query is not None


@pytest.mark.parametrize("name", LEAKS)
def test_a_view_that_puts_hidden_rows_into_visible_ones_is_refused(name: str) -> None:
    sql, what = LEAKS[name]
    text = refused(sql)
    assert what in text
    assert "The row rule of 'own' on 'seen' reads market in 'seen'" in text
    assert "row_rules_reviewed" in text


@pytest.mark.parametrize("name", NOT_FOLLOWED)
def test_sql_that_cannot_be_followed_is_refused(name: str) -> None:
    assert "reads market" in refused(NOT_FOLLOWED[name])


def made(chance: random.Random, rows: int, markets: tuple[str | None, ...]) -> Iterator[str]:
    for _ in range(rows):
        market = chance.choice(markets)
        values = (
            f"'{markets[0]}{chance.randrange(10**9)}'",
            f"'c{chance.randrange(4)}'",
            f"'{market}'" if market else "NULL",
            f"DATE '2026-01-01' + {chance.randrange(9)}",
            str(chance.randrange(60)),
            "TIMESTAMPTZ '2026-01-08 00:00:00+00'",
        )
        yield f"({', '.join(values)})"


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            "SET TimeZone = 'UTC'; CREATE TABLE orders (order_id VARCHAR, customer VARCHAR, market VARCHAR, day DATE,"
            " amount BIGINT, loaded_at TIMESTAMPTZ);"
            " CREATE TABLE customers AS SELECT 'c' || n AS customer, repeat('x', n::INT) AS home FROM range(4) r(n);"
            " CREATE TABLE days AS SELECT DATE '2026-01-01' + n::INT AS day, n AS week FROM range(7) r(n)"
        )
        yield connection


def visible(engine: duckdb.DuckDBPyConnection, sql: str, seed: int, hidden: int) -> list[tuple[object, ...]]:
    """Return the German rows that are visible in a view over ten German orders and this many others."""
    rows = [*made(random.Random(seed), 10, ("DE",)), *made(random.Random(hidden), hidden, ("FR", "GB", None))]
    engine.execute(f"DELETE FROM orders; INSERT INTO orders VALUES {', '.join(rows)}")
    engine.execute("CREATE OR REPLACE TABLE lines AS SELECT order_id, amount % 7 AS qty FROM orders, range(2)")
    return engine.execute(f"SELECT market, x FROM ({sql}) WHERE market IN ('DE') ORDER BY ALL").fetchall()


SEEDS: Final = part_of(range(30))


@pytest.mark.parametrize("name", REACHED)
def test_in_accepted_views_no_hidden_row_changes_a_visible_row(name: str, engine: duckdb.DuckDBPyConnection) -> None:
    for seed in SEEDS:
        first = visible(engine, REACHED[name], seed, hidden=8)
        assert first
        assert (
            first == visible(engine, REACHED[name], seed, hidden=0) == visible(engine, REACHED[name], seed, hidden=17)
        )


@pytest.mark.parametrize("name", [leak for leak in LEAKS if leak != "the market of another row"])
def test_in_refused_views_hidden_rows_do_change_visible_rows(name: str, engine: duckdb.DuckDBPyConnection) -> None:
    sql, _ = LEAKS[name]
    assert any(
        visible(engine, sql, seed, hidden=0) != visible(engine, sql, seed, hidden=8)
        or visible(engine, sql, seed, hidden=8) != visible(engine, sql, seed, hidden=17)
        for seed in range(20)
    )


FOLLOWS = "    entities: [{name: order, kind: foreign, columns: [order_id]}]\n"
NO_RULE = ""


def test_a_rule_reached_by_a_join_is_tested_by_the_key() -> None:
    lines = (
        "SELECT o.market, l.order_id, sum(l.qty) AS x FROM lines l JOIN orders o ON o.order_id = l.order_id GROUP BY"
    )
    assert read(f"{lines} 1, 2", rule=NO_RULE, entities=FOLLOWS).datasets["seen"]
    text = refused(f"{lines.replace('l.order_id,', 'min(l.order_id) AS order_id,')} 1", rule=NO_RULE, entities=FOLLOWS)
    assert "The row rule of 'own' on 'orders' reads order_id in 'seen'" in text


COHORTS = (
    "SELECT {} AS market, f.order_id, o.amount AS x FROM orders o JOIN orders f ON f.customer = o.customer"
    " AND f.day < o.day"
)


def test_two_rows_of_a_view_are_tested_by_two_rules() -> None:
    """The rule on orders tests the first order by its key. A separate rule tests the later one."""
    assert read(COHORTS.format("o.market"), entities=FOLLOWS).datasets["seen"]
    assert "joins orders" in refused(COHORTS.format("o.market"), rule=NO_RULE, entities=FOLLOWS)
    assert "joins orders" in refused(COHORTS.format("f.market"), entities=FOLLOWS)
    other = '{dataset: seen, where: "market <> :markets"}'
    with pytest.raises(ModelError):
        read(COHORTS.format("o.market"), rule=other, entities=FOLLOWS)


def test_another_policys_rule_does_not_count_for_this_one() -> None:
    two = f"""]
  - name: others
    who: {{roles: [viewer]}}
    grant: {{metrics: all}}
    rows: [{ON_MARKET}"""
    with pytest.raises(ModelError) as caught:
        read(COHORTS.format("o.market"), rule=two, entities=FOLLOWS)
    text = "\n".join(map(str, caught.value.problems))
    assert "'own' on 'orders' reads order_id" in text
    assert "'others' on 'seen' reads market" in text


def test_a_rule_that_allows_missing_values_is_not_followed_over_a_left_join() -> None:
    sql = REACHED["rows of a table without a market"]
    rule = '{dataset: seen, where: "market IS NULL OR market IN (:markets)"}'
    assert "LEFT JOIN before the rule's column" in refused(sql, rule=rule)
    assert read(REACHED["a row each"], rule=rule).datasets["seen"]


@pytest.mark.parametrize(
    "where",
    ["concat(market, '') <> 'FR'", "market || 'x' <> 'FRx'", "market IS DISTINCT FROM 'FR'", "'DE' IN (market, x)"],
)
def test_only_plain_comparisons_are_known_to_exclude_missing_values(where: str) -> None:
    rule = f'{{dataset: seen, where: "{where}"}}'
    text = refused(REACHED["rows of a table without a market"], rule=rule)
    assert "LEFT JOIN before the rule's column" in text


@pytest.mark.parametrize("where", ["market = 'DE'", "market <> 'FR'", "market LIKE 'D%'", "market BETWEEN 'A' AND 'E'"])
def test_a_plain_comparison_excludes_missing_values(where: str) -> None:
    assert read(REACHED["rows of a table without a market"], rule=f'{{dataset: seen, where: "{where}"}}')


BOTH: Final = "market IN (:markets) AND customer IN (:markets)"


def test_a_table_with_two_similar_conditions_has_to_pass_both() -> None:
    """A hidden row of another customer would be part of a visible market's total."""
    text = MODEL.replace('where: "market IN (:markets)"', f'where: "{BOTH}"')
    text = text.replace("columns: {market: string, x", "columns: {customer: string, market: string, x")
    text = text.replace("RULE", f'{{dataset: seen, where: "{BOTH}"}}').replace("ENTITIES\n", "").replace("REVIEWED", "")
    grouped = "SELECT market, min(customer) AS customer, sum(amount) AS x FROM orders GROUP BY market"
    with pytest.raises(ModelError, match="reads customer in 'seen', whose `sql:` groups orders without it"):
        parse_model({"m.yml": text.replace('"SQL"', f"|\n      {grouped}")})
    split = "SELECT market, customer, sum(amount) AS x FROM orders GROUP BY market, customer"
    assert parse_model({"m.yml": text.replace('"SQL"', f"|\n      {split}")}).datasets["seen"]


def test_a_dataset_without_a_rule_is_unrestricted() -> None:
    assert read(LEAKS["grouped"][0], rule=NO_RULE).datasets["seen"]


COUNTED = "SELECT customer AS order_id, min(market) AS market, count(*) AS x FROM orders GROUP BY 1"
HOMES = "SELECT customer AS order_id, home AS market, 1 AS x FROM customers"


@pytest.mark.parametrize(
    ("kind", "sql", "says"), [("primary", COUNTED, "reads orders"), ("primary", HOMES, ""), ("", COUNTED, "")]
)
def test_tables_joined_by_rows_under_a_rule_are_checked_too(kind: str, sql: str, says: str) -> None:
    """A count of all of a customer's orders would be on each of their visible orders."""
    thing = f"    entities: [{{name: customer, kind: {kind}, columns: [order_id]}}]\n" if kind else ""
    if says:
        assert says in refused(sql, rule=NO_RULE, entities=thing)
    else:
        assert read(sql, rule=NO_RULE, entities=thing).datasets["seen"]


def test_a_written_reason_replaces_the_proof() -> None:
    model = read(LEAKS["grouped"][0], reviewed='"Each customer orders in one market, says the shop."')
    assert [dataset.name for dataset in unproven(model)] == ["seen"]
    assert list(unproven(read(REACHED["grouped"]))) == []


def test_reviewers_see_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command `check`, the version comparison and the explanation of who sees a number all show it."""
    before = files(REACHED["grouped"])
    after = files(LEAKS["grouped"][0], reviewed="Each customer orders in one market.")
    (change,) = diff_models(before, after).objects
    assert "Row rules reviewed: none → Each customer orders in one market." in [field.words for field in change.fields]
    (tmp_path / "m.yml").write_text(after["m.yml"], encoding="utf-8")
    assert main(["check", "--model", str(tmp_path)]) == 0
    assert "- Row rules are not checked inside seen: Each customer orders in one market." in capsys.readouterr().err
    model = parse_model(after)
    seen = narrow(model, Actor(id="m", roles=frozenset({"marketer"}), attributes={"markets": ("DE",)}))
    assert explain_metric(seen, model.metrics["total"]).sentences[-1] == (
        "Row rules are not checked inside Seen. The stated reason: Each customer orders in one market."
    )


def test_a_policy_that_denies_the_dataset_needs_no_proof() -> None:
    text = f"{ON_MARKET}]\n    deny: {{datasets: [seen]}}\n    limits: {{}}\n    masks: ["
    assert read(LEAKS["grouped"][0], rule=text).datasets["seen"]
