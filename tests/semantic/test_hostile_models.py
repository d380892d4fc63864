"""Models with conflicting names, types and shapes: the answers are right, or a problem is reported at load."""

from pathlib import Path

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.errors import ModelError, SemanticError
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json
from semantic.workspace import Workspace

GRANT = "{name: p, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}"
VIEWER = Actor(id="v", roles=frozenset({"viewer"}))


def workspace(folder: Path, model: str, sql: str) -> Workspace:
    (folder / "model").mkdir()
    (folder / "model" / "m.yml").write_text(model, encoding="utf-8")
    with duckdb.connect(folder / "d.duckdb") as connection:
        connection.execute(sql)
    return Workspace.open(Settings(data=str(folder / "d.duckdb"), model=folder / "model"))


def ask(opened: Workspace, question: str, actor: Actor = VIEWER) -> list[list[object]]:
    result = opened.ask(query_from_json(question), actor)
    return [[row[column.name] for column in result.columns] for row in result.rows()]


def test_a_foreign_key_can_have_the_name_of_an_internal_column(tmp_path) -> None:
    model = f"""
datasets:
  - {{name: f, table: f, grain: [id], columns: {{id: integer, _p0: integer, d: date, amount: integer}}, time: d,
     entities: [{{name: thing, kind: foreign, columns: [_p0]}}], dimensions: [{{name: d, kind: time}}],
     measures: [{{name: amount, agg: sum, sql: amount}}]}}
  - {{name: t, table: t, grain: [id], columns: {{id: integer, label: string}},
     entities: [{{name: thing, kind: primary, columns: [id]}}], dimensions: [{{name: label}}]}}
metrics: [{{name: total, measure: f.amount}}]
policies: [{GRANT}]
"""
    sql = """CREATE TABLE f (id BIGINT, _p0 BIGINT, d DATE, amount BIGINT); CREATE TABLE t (id BIGINT, label VARCHAR);
    INSERT INTO f VALUES (1, 7, '2026-01-01', 100), (2, 7, '2026-01-02', 200); INSERT INTO t VALUES (7, 'seven')"""
    assert ask(workspace(tmp_path, model, sql), '{"metrics":["total"],"by":["label"]}') == [["seven", 300]]


def test_a_dimension_can_have_the_name_of_an_internal_cell(tmp_path) -> None:
    table = "grain: [id], columns: {id: integer, m0: integer, d: date, x: integer}, time: d"
    when = "dimensions: [{name: m0}, {name: when_%s, kind: time, sql: d}], measures: [{name: x, agg: sum, sql: x}]"
    model = "datasets:\n" + "".join(
        f"  - {{name: {name}, table: {name}, {table.replace('time: d', f'time: when_{name}')}, {when % name}}}\n"
        for name in ("a", "b")
    )
    model += f"metrics: [{{name: xa, measure: a.x}}, {{name: xb, measure: b.x}}]\npolicies: [{GRANT}]\n"
    sql = """CREATE TABLE a (id BIGINT, m0 BIGINT, d DATE, x BIGINT); CREATE TABLE b AS SELECT * FROM a;
    INSERT INTO a VALUES (1, 1, '2026-01-01', 100), (2, 2, '2026-01-01', 200);
    INSERT INTO b VALUES (1, 1, '2026-01-01', 5), (2, 3, '2026-01-01', 6)"""
    rows = ask(workspace(tmp_path, model, sql), '{"metrics":["xa","xb"],"by":["m0"],"order":["m0"]}')
    assert rows == [[1, 100, 5], [2, 200, None], [3, None, 6]]


RULED = """
datasets:
  - {name: customer_rule, table: f, grain: [id], columns: {id: integer, cid: integer, d: date, amount: "decimal(18,2)"},
     entities: [{name: customer, kind: foreign, columns: [cid]}], time: d,
     dimensions: [{name: d, kind: time}, {name: amount}], measures: [{name: amount, agg: sum, sql: amount}]}
  - {name: c, table: c, grain: [cid], columns: {cid: integer, home: string},
     entities: [{name: customer, kind: primary, columns: [cid]}], dimensions: [{name: home}]}
metrics: [{name: total, measure: customer_rule.amount}]
policies:
  - {name: p, who: {roles: [marketer]}, grant: {metrics: all, dimensions: all},
     rows: [{dataset: c, where: "home IN (:homes)"}]}
"""
RULED_ROWS = """
CREATE TABLE f (id BIGINT, cid BIGINT, d DATE, amount DECIMAL(18,2));
CREATE TABLE c (cid BIGINT, home VARCHAR);
INSERT INTO f VALUES (1, 1, '2026-01-01', 1), (2, 2, '2026-01-01', 777777777);
INSERT INTO c VALUES (1, 'DE'), (2, 'FR')"""
GERMAN = Actor(id="g", roles=frozenset({"marketer"}), attributes={"homes": ("DE",)})


def test_a_row_rule_applies_whatever_the_name_of_the_fact(tmp_path) -> None:
    assert ask(workspace(tmp_path, RULED, RULED_ROWS), '{"metrics":["total"]}', GERMAN) == [[1.0]]


@pytest.mark.parametrize(
    ("op", "value", "right"),
    [(">", "1e-30", 1.0), (">=", "1.001", None), ("<", "1.001", 1.0), ("<=", "0.999", None), (">", "1e29", None)],
)
def test_a_filter_value_never_makes_the_engine_fail_on_a_hidden_row(tmp_path, op: str, value: str, right) -> None:
    question = f'{{"metrics":["total"],"where":{{"dim":"amount","op":"{op}","value":{value}}}}}'
    assert ask(workspace(tmp_path, RULED, RULED_ROWS), question, GERMAN) == [[right]]


def test_cost_and_version_reveal_nothing_to_a_restricted_person(tmp_path) -> None:
    opened = workspace(tmp_path, RULED, RULED_ROWS)
    preflight = opened.preflight(query_from_json('{"metrics":["total"]}'), GERMAN)
    assert (preflight.cost, preflight.cost_words) == ("small", "")


@pytest.mark.parametrize("policy", ['masks: [{dimension: born, kind: "null"}]', "deny: {dimensions: [born]}"])
def test_a_hidden_date_is_hidden_both_as_a_date_and_as_a_period(tmp_path, policy: str) -> None:
    model = f"""
datasets:
  - {{name: people, table: people, grain: [id], columns: {{id: integer, born: date}}, time: born,
     dimensions: [{{name: born, kind: time}}], measures: [{{name: n, agg: count}}]}}
metrics: [{{name: n, measure: people.n}}]
policies: [{{name: p, who: {{roles: [viewer]}}, grant: {{metrics: all, dimensions: all}}, whole: all, {policy}}}]
"""
    opened = workspace(tmp_path, model, "CREATE TABLE people AS SELECT 1::BIGINT AS id, DATE '1984-03-02' AS born")
    assert ask(opened, '{"metrics":["n"]}') == [[1]]
    for hidden in ('"by":["date"]', '"time":{"from":"1984-03-02","to":"1984-03-02"}'):
        with pytest.raises(SemanticError, match="has no date"):
            ask(opened, f'{{"metrics":["n"],{hidden}}}')
    preflight = opened.preflight(query_from_json('{"metrics":["n"]}'), VIEWER)
    assert "date" not in [dimension.name for dimension in preflight.available]


def test_a_clock_without_zone_does_not_follow_another_zone(tmp_path) -> None:
    model = f"""
model: {{time_zone: Europe/Berlin}}
datasets:
  - {{name: calls, table: calls, grain: [id], columns: {{id: integer, at: timestamp}}, time: at,
     dimensions: [{{name: at, kind: time}}], measures: [{{name: n, agg: count}}]}}
metrics: [{{name: n, measure: calls.n}}]
policies: [{GRANT}]
"""
    opened = workspace(
        tmp_path, model, "CREATE TABLE calls AS SELECT 1::BIGINT AS id, TIMESTAMP '2026-01-01 10:00' AS at"
    )
    assert ask(opened, '{"metrics":["n"],"by":[{"dim":"date","grain":"day"}]}')[0][1] == 1
    with pytest.raises(SemanticError, match="can't be converted"):
        ask(opened, '{"metrics":["n"],"by":[{"dim":"date","grain":"day"}],"time_zone":"Asia/Tokyo"}')
    noted = opened.ask(
        query_from_json('{"metrics":["n"],"by":[{"dim":"date","grain":"month"}],"time_zone":"Asia/Tokyo"}'), VIEWER
    )
    assert len(noted.notes) == 1


def test_data_that_differs_from_its_declaration_is_reported(tmp_path) -> None:
    model = f"""
datasets:
  - {{name: f, table: f, grain: [id], columns: {{id: integer, k: integer}}, dimensions: [{{name: k}}],
     measures: [{{name: n, agg: count}}]}}
metrics: [{{name: n, measure: f.n}}]
policies: [{GRANT}]
"""
    opened = workspace(tmp_path, model, "CREATE TABLE f AS SELECT 1::BIGINT AS id, 18446744073709551615::UBIGINT AS k")
    with pytest.raises(SemanticError, match="values that aren't of type integer"):
        ask(opened, '{"metrics":["n"],"by":["k"]}')


SMALL = """
datasets:
  - {name: f, table: f, grain: [id], columns: {id: integer, name: string, x: double, d: date}, time: d,
     dimensions: [{name: d, kind: time}, {name: name}],
     measures: [{name: n, agg: count}, {name: last, agg: max, sql: name}]}
metrics: [{name: n, measure: f.n}, %s]
policies: [{name: p, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, %s}]
"""


def chain(count: int) -> str:
    names = ["n", *(f"m{index}" for index in range(count))]
    return ", ".join(f"{{name: m{index}, kind: derived, expression: {names[index]} + 1}}" for index in range(count))


def doubling(count: int) -> str:
    first = "{name: m0, kind: derived, expression: n + 1}, {name: m1, kind: derived, expression: n + 2}"
    more = (f"{{name: m{i}, kind: derived, expression: m{i - 1} + m{i - 2}}}" for i in range(2, count))
    return ", ".join([first, *more])


@pytest.mark.parametrize(
    ("metrics", "policy", "says"),
    [
        ("{name: two, kind: derived, expression: 1 + 1}", "whole: all", "does not use any metric"),
        ("{name: last, measure: f.last, fill: 0}", "whole: all", "which has the type string"),
        (
            "{name: last, measure: f.last}, {name: r, kind: ratio, numerator: last, denominator: n}",
            "whole: all",
            "which has the type string",
        ),
        ("{name: z, measure: f.n}", 'rows: [{dataset: f, where: "1"}]', "is not true or false"),
        (chain(200), "whole: all", "more than 50 metrics deep"),
        (doubling(45), "whole: all", "more than 1,000 parts"),
        ('{name: z, measure: f.n, filter: "x > 0' + " + 1" * 500 + '"}', "whole: all", "levels deep"),
    ],
)
def test_a_metric_that_could_never_answer_is_a_problem_at_load(metrics: str, policy: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        parse_model({"m.yml": SMALL % (metrics, policy)})


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "localtime"])
def test_an_unknown_time_zone_is_a_problem_at_load(zone: str) -> None:
    with pytest.raises(ModelError, match="time zone"):
        parse_model({"m.yml": f"model: {{time_zone: {zone}}}\n" + SMALL % ("{name: z, measure: f.n}", "whole: all")})


def test_a_sum_of_unknown_type_is_not_treated_as_a_whole_number() -> None:
    broken = (SMALL % ("{name: z, measure: f.n}", "whole: all")).replace(
        "{name: n, agg: count}", '{name: n, agg: sum, sql: "COALESCE(CAST(name AS BLOB), 0)"}'
    )
    with pytest.raises(ModelError, match="unknown type"):
        parse_model({"m.yml": broken})


def test_datasets_that_all_reference_each_other_are_quickly_reported_as_a_problem() -> None:
    names = [f"d{index}" for index in range(24)]
    columns = "id: integer, " + ", ".join(f"to_{name}: integer" for name in names)
    datasets = "".join(
        f"  - {{name: {name}, table: t, grain: [id], columns: {{{columns}}}, entities: ["
        f"{{name: e_{name}, kind: primary, columns: [id]}}, "
        + ", ".join(f"{{name: e_{other}, kind: foreign, columns: [to_{other}]}}" for other in names if other != name)
        + "]}\n"
        for name in names
    )
    with pytest.raises(ModelError, match="join paths from"):
        parse_model({"m.yml": "datasets:\n" + datasets})


def test_datasets_that_all_reference_each_other_by_their_own_keys_load_quickly() -> None:
    names = [f"d{index}" for index in range(24)]
    datasets = "".join(
        f"  - {{name: {name}, table: t, grain: [id], columns: {{id: integer}}, entities: ["
        f"{{name: e_{name}, kind: primary, columns: [id]}}, "
        + ", ".join(f"{{name: e_{other}, kind: foreign, columns: [id]}}" for other in names if other != name)
        + "]}\n"
        for name in names
    )
    model = parse_model({"m.yml": "datasets:\n" + datasets})
    assert {len(path) for ways in model.joins.paths("d0").values() for path in ways} == {0, 1}
