"""Reading a model: all problems at once, with file, line and remedy, YAML as text, and joins by entities."""

import pytest

from semantic import load_model
from semantic.config.settings import MARKETING_MODEL
from semantic.errors import ModelError
from semantic.model.expression import ExpressionError, parse_expression, parse_view
from semantic.model.loading.load import parse_model
from semantic.model.loading.schema import json_schema, read_type

SHOP = """\
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    columns: {order_id: string, day: date, customer_id: string, amount: "decimal(18,4)", is_test: boolean}
    entities:
      - {name: order, kind: primary, columns: [order_id]}
      - {name: customer, kind: foreign, columns: [customer_id]}
    time: ordered
    dimensions: [{name: ordered, kind: time, sql: day}]
    measures: [{name: amount, agg: sum, sql: amount}, {name: count, agg: count}]
  - name: customers
    table: customers
    grain: [customer_id]
    columns: {customer_id: string, country: string}
    entities: [{name: customer, kind: primary, columns: [customer_id]}]
    dimensions: [{name: country}]
metrics:
  - {name: revenue, measure: orders.amount, filter: not is_test}
  - {name: orders, measure: orders.count}
  - {name: aov, kind: ratio, numerator: revenue, denominator: orders}
policies:
  - {name: all, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}
"""


def problems(*changes: tuple[str, str], text: str = SHOP) -> list[str]:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(ModelError) as caught:
        parse_model({"shop.yml": text})
    return [str(problem) for problem in caught.value.problems]


def test_the_shops_model_is_valid() -> None:
    model = parse_model({"shop.yml": SHOP})
    assert list(model.metrics) == ["revenue", "orders", "aov"]
    assert [edge.role for edge in model.joins.paths("orders")["customers"][0]] == ["customer"]
    assert not model.joins.paths("customers").keys() - {"customers"}


def test_all_problems_are_reported_at_once_with_line_and_remedy() -> None:
    texts = problems(
        ("sql: amount}", "sql: amuont}"),
        ("columns: [customer_id]}\n    time", "columns: [costumer_id]}\n    time"),
        ("numerator: revenue", "numerator: revenu"),
        ("orders.count}", "orders.cuont}"),
        ("not is_test", "now() > day"),
    )
    assert len(texts) == 5
    assert any(
        "shop.yml:11: " in problem and "'amuont'" in problem and "Did you mean amount?" in problem for problem in texts
    )
    assert any("shop.yml:2: " in problem and "'costumer_id'" in problem for problem in texts)
    assert any("shop.yml:19: " in problem and "now()" in problem for problem in texts)
    assert any("shop.yml:20: " in problem and "Did you mean orders.count?" in problem for problem in texts)
    assert any("shop.yml:21: " in problem and "Did you mean revenue?" in problem for problem in texts)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: primary, columns: [order_id]", "kind: primary, columns: [customer_id]", "is not its grain order_id"),
        ("numerator: revenue", "numerator: aov", "in terms of itself: aov -> aov"),
        ("table: customers", "tabel: customers", "Unknown key 'tabel'"),
        ("decimal(18,4)", "decimal(180,4)", "is not a column type"),
        ("{name: country}", "{name: country, only_for: [amount]}", "'customers.amount', which is not a measure."),
        (
            "kind: time, sql: day}",
            "kind: time, sql: day, only_for: [amuont]}",
            "which is not a measure. Did you mean amount?",
        ),
        ("{name: country}", "{name: country, only_for: [orders.amuont]}", "Did you mean orders.amount?"),
        (
            "{name: country}",
            "{name: country, labels: {DE: Germany, AT: germany}}",
            "shop.yml:17: The dimension 'country' has the label 'germany' for both 'DE' and 'AT'.",
        ),
        ("{name: country}", "{name: country, labels: {DE: AT, AT: Austria}}", "which is another of its members"),
        ("{name: country}", "{name: country, labels: {de: Germany, x: DE}}", "which is another of its members"),
        ("{name: country}", "{name: country, labels: {DE: ''}}", "The value of 'DE' isn't valid"),
        ("{name: country}", "{name: country, labels: {DE: {synonym: [Germany]}}}", "The value of 'DE' isn't valid"),
        ("kind: time, sql: day}", "kind: time, sql: day, labels: {x: {synonyms: [y]}}}", "it's a time dimension"),
        ("{name: country}", "{name: is_de, kind: boolean, sql: country = 'DE', labels: {true: x}}", "Only categorical"),
        (
            "{name: country}",
            "{name: size, type: integer, sql: LENGTH(country), labels: {two: x}}",
            "isn't a whole number",
        ),
        (
            "{name: country}",
            "{name: country, labels_from: citty}, {name: city, sql: country}",
            "shop.yml:17: The dimension 'country' takes its labels from 'citty', "
            "which isn't a dimension of 'customers'. Did you mean city?",
        ),
        ("{name: country}", "{name: country, labels_from: country}", "from 'country', which is the dimension itself."),
        (
            "{name: country}",
            "{name: country, labels_from: is_de}, {name: is_de, kind: boolean, sql: country = 'DE'}",
            "from 'is_de', a boolean dimension of type boolean.",
        ),
        (
            "{name: country}",
            "{name: country, labels_from: a}, {name: a, sql: country, labels_from: b}, {name: b, sql: country}",
            "which takes its own from 'b'.",
        ),
        (
            "{name: country}",
            "{name: country, labels_from: a}, {name: a, sql: country, tags: [personal]}",
            "Tag country `personal` too",
        ),
        ("kind: time, sql: day}", "kind: time, sql: day, labels_from: a}", "but it's a time dimension of type date."),
        ("{name: country}", "{name: date}", "has a special meaning"),
        ("{name: country}", "{name: revenue, sql: country}", "both a dimension and a metric"),
        ("agg: sum, sql: amount", "agg: sum, sql: customer_id", "takes the sum of string"),
        ("sql: day}", "sql: amount}", "has the type decimal(18,4)"),
        ("customer_id: string, country", "customer_id: integer, country", "of types string and integer"),
        ("whole: all", "whole: [order]", "the dataset 'order', which does not exist. Did you mean orders?"),
        ("- {name: aov", "- {name: revenue, measure: orders.amount}\n  - {name: aov", "is also defined in shop.yml:19"),
        ("name: country", "name: Country", "Names have lower-case"),
        (
            "who: {roles: [viewer]}",
            "who: {roles: [], attributes: {team: [a]}}",
            "has attributes but no roles, groups or people",
        ),
        ("who: {roles: [viewer]}", "who: {attributes: {team: []}}", "needs at least 1 entry. Add one."),
        ("dimensions: all}", "datasets: [order]}", "the dataset 'order', which does not exist. Did you mean orders?"),
        ("whole: all}", "whole: all, deny: {datasets: [order]}}", "the dataset 'order', which does not exist."),
        ("whole: all}", "whole: all, limits: {days: 0}}", "The value of 'days' must be at least 1."),
        (
            "whole: all}",
            "whole: all, min_group: {entity: buyer, at_least: 5}}",
            "names 'buyer', an entity that no dataset",
        ),
        ("whole: all}", "whole: all, min_group: {entity: customer, at_least: 1}}", "'at_least' must be at least 2."),
        ("whole: all}", "whole: all, min_group: {entity: customer}}", "at_least"),
        ("grain: [customer_id]", "grain: []", "The value of 'grain' needs at least 1 entry."),
        ("agg: sum, sql: amount", "agg: median, sql: customer_id", "takes the median of string"),
        ("agg: sum, sql: amount", "agg: percentile, sql: amount", "is a percentile but has no `percentile:`"),
        (
            "agg: sum, sql: amount",
            "agg: sum, percentile: 0.5, sql: amount",
            "has `percentile:` but is not a percentile",
        ),
        ("agg: sum, sql: amount", "agg: sum, discrete: true, sql: amount", "is not a median or percentile"),
        ("agg: sum, sql: amount", "agg: median, additivity: full, sql: amount", "which never adds up"),
        ("agg: sum, sql: amount", "agg: percentile, percentile: 1, sql: amount", "less than 1"),
        ("sql: amount}", "sql: sum(amount)}", "The function SUM() can't be used"),
        ("not is_test", "(select true)", "can't be used"),
    ],
)
def test_a_problem_describes_what_is_wrong(old: str, new: str, says: str) -> None:
    texts = problems((old, new))
    assert any(says in problem for problem in texts), texts
    assert all(problem.startswith("shop.yml:") for problem in texts)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x 1\nb: *x\n", "Anchors"),
        ("a: !!python/object:os.system 1\n", "Tags"),
        ("metrics: []\nmetrics: []\n", "written twice"),
        ("a: [1, 2\n", "not YAML"),
        ("a: 1\n---\nb: 2\n", "more than one YAML document"),
        ("[" * 60 + "]" * 60, "levels deep"),
    ],
)
def test_unsupported_yaml_is_refused(text: str, says: str) -> None:
    assert any(says in problem for problem in problems(text=text))


def test_a_country_called_no_stays_no() -> None:
    rule = "rows: [{dataset: customers, where: \"country in ('NO')\"}]"
    text = SHOP.replace("whole: all}", f"whole: all, {rule}, who: {{roles: [viewer], groups: [no, yes, 012]}}}}")
    text = text.replace("who: {roles: [viewer]}, ", "")
    policy = parse_model({"shop.yml": text}).policies[0]
    assert policy.groups == {"no", "yes", "012"}


@pytest.mark.parametrize(
    "text",
    [
        "count(*)", "(select 1)", "read_csv('/etc/passwd')", "getenv('HOME')", "current_date", "random()",
        "a; drop table b", "a as b", "*", "exists(select 1)", "a over ()", "list_value(1)", "x.y", "",
    ],
)  # fmt: skip
def test_unsupported_expressions_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(text)


def test_columns_of_an_expression_come_once_in_order() -> None:
    expression = parse_expression("case when b > 0 then a / nullif(b, 0) else coalesce(c, 0) end")
    assert expression.columns == ("b", "a", "c")


@pytest.mark.parametrize(
    "text", ["delete from a", "select 1; select 2", "select * from read_csv('x')", "create table a (b int)"]
)
def test_a_view_is_one_select_over_tables(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_view(text)


def test_a_row_rule_that_could_go_two_ways_must_say_which() -> None:
    two = "\n      - {name: payer, entity: customer, kind: foreign, columns: [customer_id]}\n    time"
    rule = 'rows: [{dataset: customers, where: "country = :country"}]'
    texts = problems(("\n    time", two), ("whole: all", f"whole: all, {rule}"))
    assert any("several join paths: customer, payer. Choose one with `via:`." in problem for problem in texts)


def test_a_dimension_is_only_for_measures_whose_rows_reach_it() -> None:
    text = SHOP.replace("{name: country}", "{name: country, only_for: [orders.amount]}")
    assert parse_model({"shop.yml": text}).dimensions["country"][0].only_for == ("orders.amount",)
    apart = text.replace("      - {name: customer, kind: foreign, columns: [customer_id]}\n", "")
    with pytest.raises(ModelError, match=r"is only for 'orders.amount', but no join leads from its rows to it\."):
        parse_model({"shop.yml": apart})


def test_column_types_are_read() -> None:
    assert str(read_type("decimal(18, 4)")) == "decimal(18,4)"
    assert read_type("money") is None
    assert read_type("decimal(4,18)") is None


def test_the_schema_for_editors_knows_every_key() -> None:
    schema = json_schema()
    keys = {
        "model",
        "datasets",
        "metrics",
        "segments",
        "analyses",
        "domains",
        "annotations",
        "calendars",
        "naming",
        "mapped_names",
        "policies",
        "policy_tests",
        "people",
    }
    assert set(schema["properties"]) == keys
    assert schema["additionalProperties"] is False


def test_an_empty_or_missing_folder_says_so(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"no \.yml file"):
        load_model(tmp_path)
    with pytest.raises(ModelError, match="no such folder"):
        load_model(tmp_path / "none")


def test_the_marketing_model_is_governed() -> None:
    """Every object has a description and an owner, and every metric says what it means and what it doesn't mean."""
    model = load_model(MARKETING_MODEL)
    assert len(model.metrics) >= 25
    for thing in (*model.metrics.values(), *model.datasets.values()):
        assert thing.description, thing.name
        assert thing.owner, thing.name
    for metric in model.metrics.values():
        assert metric.means, metric.name
        assert metric.does_not_mean, metric.name


def test_no_label_of_the_marketing_model_means_two_metrics() -> None:
    """A synonym, such as growth, can be shared. Questions in words then get a clarifying question."""
    called: dict[str, set[str]] = {}
    for metric in load_model(MARKETING_MODEL).metrics.values():
        for text in (metric.name, metric.label):
            called.setdefault(text.casefold().replace("_", " "), set()).add(metric.name)
    assert {text: names for text, names in called.items() if len(names) > 1} == {}


def test_one_dataset_holds_the_labels_of_a_dimension() -> None:
    texts = problems(
        ("sql: day}]", "sql: day}, {name: country, sql: customer_id, labels_from: b}, {name: b, sql: customer_id}]"),
        ("{name: country}]", "{name: country, labels_from: a}, {name: a, sql: country}]"),
    )
    (text,) = texts
    assert text.startswith("shop.yml:17: The dimension 'country' has `labels_from` in 'orders' and in 'customers'.")


def test_a_member_has_a_label_synonyms_or_both() -> None:
    text = SHOP.replace(
        "{name: country}",
        "{name: country, labels: {DE: Germany, AT: {label: Austria, synonyms: [Ö]}, FR: {synonyms: [Gallia]}}}",
    )
    country = parse_model({"shop.yml": text}).dimensions["country"][0]
    assert country.labels == (("DE", "Germany"), ("AT", "Austria"))
    assert country.member_synonyms == (("AT", ("Ö",)), ("FR", ("Gallia",)))


def test_labels_of_the_marketing_model_contain_no_comma() -> None:
    """Titles list labels with commas between them."""
    model = load_model(MARKETING_MODEL)
    things = (*model.metrics.values(), *(dimension for group in model.dimensions.values() for dimension in group))
    assert [thing.label for thing in things if "," in thing.label] == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a / b", "a / NULLIF(b, 0)"),
        ("a / 0", "a / NULLIF(0, 0)"),
        ("a / 12", "a / 12"),
        ("a / nullif(b, 0)", "a / NULLIF(b, 0)"),
        ("a / (b / c)", "a / NULLIF((b / NULLIF(c, 0)), 0)"),
    ],
)
def test_a_division_by_zero_is_null(text: str, read: str) -> None:
    assert parse_expression(text).tree.sql(dialect="duckdb") == read
