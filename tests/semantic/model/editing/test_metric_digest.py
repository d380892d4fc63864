"""The digest of everything that determines a metric's number. It changes when, and only when, the number can change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from semantic.config.settings import MARKETING_MODEL
from semantic.model.editing.metric_digest import deciding_parts, metric_digest
from semantic.model.loading.load import parse_model, read_folder
from semantic.model.model import Model

FILES = read_folder(MARKETING_MODEL)
MODEL = parse_model(FILES)

SHOP = """\
model: {name: Shop, time_zone: Europe/Berlin, week_start: monday, currency: EUR}
datasets:
  - name: orders
    label: Orders
    table: fct_order
    grain: [order_id]
    time: ordered
    columns: {order_id: string, ordered_at: timestamptz, amount: "decimal(18,4)", status: string,
      code: string, note: string}
    entities: [{name: country, kind: foreign, columns: [code]}]
    dimensions:
      - {name: ordered, kind: time, sql: ordered_at}
      - {name: status}
      - {name: noted, sql: note}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: rows, agg: count}
  - name: countries
    table: dim_country
    grain: [code]
    columns: {code: string, continent: string, size: integer}
    entities: [{name: country, kind: primary, columns: [code]}]
    dimensions: [{name: continent}]
  - name: ads
    table: fct_ad
    grain: [ad_id]
    time: shown
    columns: {ad_id: string, day: date, cost: "decimal(18,4)"}
    dimensions: [{name: shown, kind: time, sql: day}]
    measures: [{name: cost, agg: sum, sql: cost}]
metrics:
  - {name: revenue, measure: orders.amount, filter: status <> 'cancelled', unit: EUR, format: money}
  - {name: count, measure: orders.rows}
  - {name: spend, measure: ads.cost}
  - {name: roas, kind: ratio, numerator: revenue, denominator: spend}
  - {name: twice, kind: derived, expression: roas * 2}
  - {name: european, kind: derived, expression: revenue, where: continent = 'Europe'}
policies:
  - {name: everyone, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}
"""
OF_ORDERS = {"revenue", "count", "roas", "twice", "european"}
OF_REVENUE = {"revenue", "roas", "twice", "european"}
OF_SPEND = {"spend", "roas", "twice"}
ALL = OF_ORDERS | OF_SPEND


def digests(model: Model) -> dict[str, str]:
    return {name: metric_digest(model, name) for name in model.metrics}


def moved(before: Model, after: Model, among: Collection[str] = ()) -> set[str]:
    names = among or before.metrics
    return {name for name in names if metric_digest(before, name) != metric_digest(after, name)}


def shop(*changes: tuple[str, str]) -> Model:
    text = SHOP
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    return parse_model({"shop.yml": text})


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("filter: status <> 'cancelled'", "filter: status = 'paid'", OF_REVENUE),
        ("filter: status <> 'cancelled', ", "", OF_REVENUE),
        ("measure: orders.amount", "measure: orders.rows", OF_REVENUE),
        ("{name: amount, agg: sum, sql: amount}", "{name: amount, agg: avg, sql: amount}", OF_REVENUE),
        ("{name: amount, agg: sum, sql: amount}", "{name: amount, agg: sum, sql: amount * 2}", OF_REVENUE),
        ('amount: "decimal(18,4)"', 'amount: "decimal(18,2)"', OF_REVENUE),
        ("status: string", "status: integer", OF_REVENUE),
        ("measure: orders.rows}", "measure: orders.rows, fill: 0}", {"count"}),
        ("measure: orders.rows}", "measure: orders.rows, every_period: true}", {"count"}),
        ("measure: orders.rows}", "measure: orders.rows, where: continent = 'Asia'}", {"count"}),
        ("numerator: revenue", "numerator: count", {"roas", "twice"}),
        ("expression: roas * 2", "expression: roas * 3", {"twice"}),
        ("table: fct_order", "table: fct_order_line", OF_ORDERS),
        ("grain: [order_id]", "grain: [order_id, code]", OF_ORDERS),
        ("sql: ordered_at", "sql: CAST(ordered_at AS DATE)", OF_ORDERS),
        ("kind: time, sql: ordered_at}", "kind: time, sql: ordered_at, grain: hour}", OF_ORDERS),
        ("kind: foreign, columns: [code]", "kind: foreign, columns: [note]", OF_ORDERS),
        ("table: dim_country", "table: dim_land", OF_ORDERS),
        ("[{name: continent}]", "[{name: continent, sql: UPPER(continent)}]", {"european"}),
        ("continent: string", "continent: integer", {"european"}),
        ("where: continent = 'Europe'", "where: continent = 'europe'", {"european"}),
        ("table: fct_ad\n", "table: fct_ads\n", OF_SPEND),
        ("time_zone: Europe/Berlin", "time_zone: Europe/Rome", ALL),
        ("week_start: monday", "week_start: sunday", ALL),
        ("name: Shop,", "name: Shop, fiscal_start: april,", ALL),
        ("name: Shop,", "name: Shop, rules: {fill: rows},", ALL),
        ("name: Shop,", "name: Shop, spine: ads.shown,", ALL),
    ],
)
def test_the_digest_changes_for_every_metric_that_a_change_affects(old: str, new: str, names: set[str]) -> None:
    changes = [(old, new)] + ([("status <> 'cancelled'", "status <> 1")] if "status: integer" in new else [])
    changes += [("continent = 'Europe'", "continent = 1")] if "continent: integer" in new else []
    assert moved(shop(), shop(*changes)) == names


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: Shop,", "name: Another shop,"),
        ("    label: Orders\n", "    label: All orders\n    description: Placed.\n    owner: Ana\n    tags: [x]\n"),
        ("unit: EUR, format: money", "unit: GBP, format: number, decimals: 1, direction: up, label: Money"),
        ("note: string}", "note: string, size: integer}"),
        ("note: string}", "note: integer}"),
        ("{name: noted, sql: note}", "{name: noted, sql: UPPER(note)}"),
        ("{name: noted, sql: note}", "{name: noted, sql: note}\n      - {name: code, label: Country code}"),
        ("{name: rows, agg: count}", "{name: rows, agg: count}\n      - {name: most, agg: max, sql: amount}"),
        ("size: integer}", "size: double}"),
        ("    time: shown\n", "    time: shown\n    freshness: {column: day}\n    checks: [{unique: [ad_id]}]\n"),
        ("expression: roas * 2", "expression: \"roas  *  2 -- doubled\""),
        ("filter: status <> 'cancelled'", "filter: \"status   <> 'cancelled'\""),
        ("metrics:\n", "# Numbers.\nmetrics:\n  # More.\n  - {name: more, measure: ads.cost, filter: cost > 0}\n"),
        ("policies:\n", "policies:\n  - {name: b, who: {roles: [marketer]}, deny: {metrics: all}}\n"),
    ],
)  # fmt: skip
def test_the_digest_stays_if_nothing_that_affects_the_number_changes(old: str, new: str) -> None:
    assert moved(shop(), shop((old, new))) == set()


def test_a_blank_within_a_text_is_a_change() -> None:
    assert moved(shop(), shop(("'cancelled'", "'can celled'"))) == OF_REVENUE
    assert moved(shop(("'cancelled'", "'can celled'")), shop(("'cancelled'", "'can  celled'"))) == OF_REVENUE


def test_the_digests_parts_are_described_in_words() -> None:
    assert [part.words for part in deciding_parts(shop(), "revenue")] == [
        *("its definition", "the measure orders.amount", "the date of orders.amount"),
        *("the column orders.amount", "the column orders.ordered_at", "the column orders.status"),
        *("the table of orders", "the table of countries", "how orders joins countries"),
        *("the time zone", "the first day of a week", "the first month of the fiscal year", "the rules of the model"),
    ]


def test_files_their_order_and_comments_do_not_affect_the_digest() -> None:
    # All in one file, in reverse order, with comments. The lists of one key can't appear twice.
    assert moved(MODEL, parse_model({f"z{file}": text for file, text in FILES.items()})) == set()
    remarked = {file: "# A remark.\n" + text.replace("\n\n", "\n  # More.\n\n") for file, text in FILES.items()}
    assert moved(MODEL, parse_model(remarked)) == set()
    turned = dict(reversed(list(MODEL.metrics.items()))), dict(reversed(list(MODEL.datasets.items())))
    assert moved(MODEL, replace(MODEL, metrics=turned[0], datasets=turned[1])) == set()


def users(of: str) -> set[str]:
    """Return the names of a metric and of all metrics that are computed from it or filter by its value per member."""
    users, waiting = {of}, [of]
    while waiting:
        name = waiting.pop()
        for metric in MODEL.metrics.values():
            compares = metric.where is not None and f"metric_of('{name}'" in metric.where.text
            if (name in metric.inputs or compares) and metric.name not in users:
                users.add(metric.name)
                waiting.append(metric.name)
    return users


def with_metrics(metrics: Mapping[str, object]) -> Model:
    changed = replace(MODEL, metrics=MappingProxyType({**MODEL.metrics, **metrics}))
    # The datasets are the same, so what was found out about them holds: this makes the sweep ten times as fast.
    changed.memo.update({key: value for key, value in MODEL.memo.items() if key[0] == "deciding_dataset"})
    return changed


def test_changing_one_metric_changes_only_the_digests_that_use_it() -> None:
    names = list(MODEL.metrics)
    for number, (name, metric) in enumerate(MODEL.metrics.items()):
        fill = 7 if metric.fill is None else None
        # Everything that it affects, and one in eight of the others, a different eighth each time.
        among = {*users(name), *names[number % 8 :: 8]}
        assert moved(MODEL, with_metrics({name: replace(metric, fill=fill)}), among) == users(name)


def test_changing_a_label_changes_no_digest() -> None:
    metrics = {
        name: replace(metric, label="x", description="x", owner="x", tags=frozenset({"x"}), means="x", file="x", line=9)
        for name, metric in MODEL.metrics.items()
    }
    assert moved(MODEL, with_metrics(metrics)) == set()


def test_changing_one_measure_changes_only_the_digests_that_use_it() -> None:
    for dataset in MODEL.datasets.values():
        for name, measure in dataset.measures.items():
            measures = {**dataset.measures, name: replace(measure, discrete=not measure.discrete)}
            datasets = {**MODEL.datasets, dataset.name: replace(dataset, measures=measures)}
            direct = [metric.name for metric in MODEL.metrics.values() if metric.measure == f"{dataset.name}.{name}"]
            changed = replace(MODEL, datasets=datasets)
            changed.memo.update({key: value for key, value in MODEL.memo.items() if key[0] == "deciding_dataset"})
            expected = {user for each_name in direct for user in users(each_name)}
            assert moved(MODEL, changed, {*expected, *list(MODEL.metrics)[::4]}) == expected


def test_metrics_of_two_models_with_one_text_have_one_digest() -> None:
    again = parse_model(FILES)
    assert digests(again) == digests(MODEL)
    assert len(set(digests(MODEL).values())) == len(MODEL.metrics)
