"""What the editor offers at the cursor. In each text, | marks the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.config.settings import MARKETING_MODEL
from semantic.model.editing.completion import Completion, complete, read_meanings
from semantic.model.editing.cursor import read_cursor
from semantic.model.editing.object_text import DOCS, own_text
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.loading.load import parse_model, read_folder

MODEL = parse_model(
    {
        "shop.yml": """\
model: {name: Shop, currency: EUR}
datasets:
  - name: orders
    label: Orders
    owner: Finance
    tags: [core]
    table: fct_order
    grain: [order_id]
    time: ordered
    columns: {order_id: string, day: date, paid: date, amount: "decimal(18,4)", market: string}
    entities: [{name: order, kind: primary, columns: [order_id]}]
    dimensions:
      - {name: ordered, label: Order date, kind: time, sql: day}
      - {name: market, label: Market}
    measures:
      - {name: amount, label: Amount, agg: sum, sql: amount}
      - {name: rows, label: Rows, agg: count}
  - name: ads
    label: Ads
    table: fct_ad
    grain: [ad_id]
    columns: {ad_id: string, cost: "decimal(18,4)"}
    measures: [{name: cost, label: Cost, agg: sum, sql: cost}]
metrics:
  - {name: revenue, label: Revenue, owner: Ana, measure: orders.amount}
  - {name: orders, label: Orders, measure: orders.rows, tags: [core, top]}
  - {name: spend, label: Spend, measure: ads.cost}
segments:
  - {name: recent, label: Recent, entity: order, dataset: orders}
policies:
  - {name: all, owner: Data protection, who: {roles: [viewer]}, grant: {metrics: all}, whole: all}
"""
    }
)


def at_cursor(kind: str, text: str) -> Completion:
    before, after = text.split("|", 1)
    line = before.count("\n") + 1
    column = len(before.rpartition("\n")[2])
    return complete(ObjectKind(kind), before + after, line, column, MODEL)


METRIC_KEYS = [
    *("synonyms", "tags", "where", "measure", "filter", "numerator", "denominator", "inputs", "expression", "metric"),
    *("window", "to_date", "at", "base", "conversion", "entity", "constant", "gives", "by", "every_period", "grain"),
    *("unit", "format", "decimals", "direction", "fill", "means", "does_not_mean", "certified"),
    *("deprecated", "enough", "matters", "final_after", "counts_after", "target", "domain"),
]


@pytest.mark.parametrize(
    ("kind", "text", "offered"),
    [
        # Keys: those that are not there yet, above or below.
        ("metric", "name: a\nlabel: A\n|\ndescription: x\nowner: y\nkind: ratio\n", METRIC_KEYS),
        ("metric", "name: a\nnu|", ["numerator"]),
        ("metric", "name: a\ndeprecated: {replaced_by: sp|}", ["spend"]),
        ("metric", "- name: a\n  nu|", ["numerator"]),
        ("metric", "name: a\ncertified:\n  |", ["by", "until", "meaning"]),
        ("metric", "name: a\ncertified:\n  by: Ana\n  |\nunit: x\n", ["until", "meaning"]),
        ("metric", "name: a\ncertified: {|", ["by", "until", "meaning"]),
        ("metric", "name: a\ncertified: {by: Ana, |}", ["until", "meaning"]),
        ("metric", "name: a\nenough: {i|}", ["interval"]),
        ("metric", "name: a\ninputs:\n  - metric: revenue\n    of|", ["offset", "offset_to"]),
        ("metric", "name: a\ninputs:\n- o|", ["offset", "offset_to"]),
        ("metric", "name: a\ninputs: [{metric: revenue}, {metric: spend, of|}]", ["offset", "offset_to"]),
        ("dataset", "name: a\nmeasures:\n  - name: b\n    agg: sum\n    per|", ["percentile", "per"]),
        ("dataset", "name: a\nchecks:\n  - {not_null: {|}}", ["column", "at_least"]),
        ("policy", "name: a\ngrant:\n  me|", ["metrics"]),
        ("policy", "name: a\ngrant:\n  metrics:\n    |", ["everything", "names", "tags"]),
        ("settings", "|", ["model"]),
        ("settings", "model:\n  name: x\n  time|", ["time_zone"]),
        ("settings", "model:\n  rules:\n    window|", ["window_day"]),
        # Values that are listed.
        ("metric", "name: a\ndirection: |", ["up", "down", "none"]),
        ("metric", "name: a\nkind: con|", ["conversion"]),
        ("metric", "name: a\nevery_period: t|", ["true"]),
        ("dataset", "name: a\nmeasures: [{name: b, agg: sum|", ["sum", "sum_boolean"]),
        ("dataset", "name: a\nentities:\n  - kind: pr|", ["primary"]),
        ("policy", "name: a\nwho: {roles: [viewer, st|]}", ["steward"]),
        ("policy", "name: a\nwho:\n  roles:\n    - st|", ["steward"]),
        ("settings", "model: {week_start: mon|}", ["monday"]),
        ("settings", "model:\n  fiscal_start: ap|", ["april"]),
        ("segment", "name: a\nlast: {count: 3, unit: q|}", ["quarter"]),
        # Names of the model.
        ("metric", "name: a\nmeasure: |", ["ads.cost", "orders.amount", "orders.rows"]),
        ("metric", "name: a\nmeasure: orders.a|", ["orders.amount"]),
        ("metric", "name: a\nkind: ratio\nnumerator: re|\ndenominator: spend", ["revenue"]),
        ("metric", "name: revenue\nnumerator: |", ["orders", "spend"]),
        ("metric", "name: revenue\ntarget: s|", ["spend"]),
        ("metric", "name: a\nkind: derived\nexpression: revenue / s|", ["spend"]),
        ("metric", "name: a\nkind: derived\nexpression: >-\n  revenue\n  - sp|\n", ["spend"]),
        ("metric", "name: a\nexpression: be|\ninputs:\n  - {name: before, metric: revenue}\n", ["before"]),
        ("metric", "name: a\nmeasure: orders.rows\nfilter: amount > 0 AND mar|", ["market"]),
        ("metric", "name: a\nmeasure: ads.cost\nfilter: |", ["ad_id", "cost"]),
        ("metric", "name: a\nwhere: |", ["market", "ordered"]),
        ("metric", "name: a\nowner: |", ["Ana", "Data protection", "Finance"]),
        ("metric", "name: a\ntags: [core, t|]", ["top"]),
        ("metric", "name: a\ntags:\n  - c|", ["core"]),
        ("metric", "name: a\nlabel: |", []),
        ("dataset", "name: a\ncolumns:\n  x: string\n  y: dec|", ["decimal(18,4)"]),
        ("dataset", "name: a\ncolumns: {x: string, yard: date}\ngrain: [|]", ["x", "yard"]),
        ("dataset", "name: a\ncolumns: {x: string, yard: date}\nmeasures:\n  - {name: b, sql: ya|}", ["yard"]),
        ("dataset", "name: a\ncolumns: {x: string}\nfreshness:\n  column: |", ["x"]),
        ("dataset", "name: a\ntime: |\ndimensions: [{name: b}, {name: c, kind: time}]", ["c"]),
        ("dataset", "name: a\nentities: [{name: |}]", ["order"]),
        ("dataset", "name: a\nsql: SELECT |", []),
        ("segment", "name: a\ndataset: o|", ["orders"]),
        ("segment", "name: a\nentity: |", ["order"]),
        ("segment", "name: a\ndataset: orders\ntime: |", ["ordered"]),
        ("segment", "name: a\ndataset: orders\nwhere: pa|", ["paid"]),
        ("annotations", "name: a\ndataset: orders\ntext: m|", ["market"]),
        ("calendar", "name: a\ndataset: orders\nday: |", ["ordered"]),
        ("policy", "name: a\ngrant: {metrics: [re|]}", ["revenue"]),
        ("policy", "name: a\ngrant: {metrics: a|}", ["all"]),
        ("policy", "name: a\ngrant:\n  metrics:\n    names: [sp|]", ["spend"]),
        ("policy", "name: a\ndeny: {metrics: {tags: [|]}}", ["core", "top"]),
        ("policy", "name: a\ngrant: {segments: [|]}", ["all", "recent"]),
        ("policy", "name: a\nwhole:\n  - a|", ["ads", "all"]),
        ("policy", "name: a\nrows:\n  - {dataset: |}", ["ads", "orders"]),
        ("policy", "name: a\nrows:\n  - dataset: orders\n    where: mar|", ["market"]),
        ("policy", "name: a\nmasks:\n- dimension: mar|", ["market"]),
        ("file", "metrics: |", []),
    ],
)  # fmt: skip
def test_matching_completions_are_offered(kind: str, text: str, offered: list[str]) -> None:
    texts = [candidate.text for candidate in at_cursor(kind, text).candidates]
    if text.partition("|")[0][-1:] in ("", " ", "\n", "[", "{"):
        assert texts == offered
    else:
        # Matches at the beginning come first, and matches inside can follow.
        assert texts[: len(offered)] == offered


def test_required_keys_come_first() -> None:
    keys = [candidate.text for candidate in at_cursor("dataset", "|").candidates]
    assert keys[:3] == ["name", "grain", "columns"]


def test_typed_text_is_replaced() -> None:
    assert at_cursor("metric", "name: a\nmeasure: orders.a|mount").column == len("measure: ")
    assert at_cursor("metric", "name: a\nfilter: x AND sta|").column == len("filter: x AND ")
    assert at_cursor("policy", "name: a\ngrant: {metrics: [re|]}").column == len("grant: {metrics: [")


def test_names_carry_their_labels_and_keys_their_meanings() -> None:
    (measure,) = at_cursor("metric", "name: a\nmeasure: ads.c|").candidates
    assert (measure.kind, measure.note) == ("name", "Cost")
    page = Path(__file__).parents[4] / "docs/reference/model.md"
    meanings = read_meanings(page.read_text(encoding="utf-8"))
    (numerator,) = complete(ObjectKind.METRIC, "numer", 1, 5, MODEL, meanings).candidates
    assert numerator.note == meanings["MetricDoc", "numerator"] != ""
    parts = {part for part, _ in meanings}
    for doc in DOCS.values():
        assert doc.__name__ in parts
        written = {field.alias or key for key, field in doc.model_fields.items()}
        assert {key for part, key in meanings if part == doc.__name__} == written
    name = complete(ObjectKind.METRIC, "nam", 1, 3, MODEL, meanings).candidates[0]
    assert name.note.startswith("Needed. ")


def test_every_line_of_the_marketing_model_has_its_path() -> None:
    model = parse_model(read_folder(MARKETING_MODEL))
    for thing in objects_of(read_folder(MARKETING_MODEL))[::9]:
        lines = own_text(thing).split("\n")
        for number, line in enumerate(lines, start=1):
            key = line.strip().removeprefix("- ").partition(":")[0]
            if line.strip().startswith("#") or not key.isidentifier() or not line.partition(":")[1]:
                continue
            # Each key that is there is offered there once it's removed.
            start = line.index(key)
            lines_without = [*lines[: number - 1], line[:start], *lines[number:]]
            completion = complete(thing.kind, "\n".join(lines_without), number, start, model)
            is_free = read_cursor("\n".join(lines), number, start).path[-1:] in (
                ("columns",),
                ("attributes",),
                ("labels",),
            )
            if not is_free:
                assert key in [candidate.text for candidate in completion.candidates], (thing.name, line)


@given(st.text("-: \n{}[]\"'|>#abc&*\t\r\u2028é", max_size=80), st.integers(-1, 9), st.integers(-1, 40))
def test_any_text_is_accepted(text: str, line: int, column: int) -> None:
    for kind in ObjectKind:
        completion = complete(kind, text, line, column, MODEL)
        assert completion.column >= 0


@pytest.mark.parametrize(
    "text", ["{" * 100_000, "- " * 50_000, "a:\n" * 30_000, " " * 1_000_000, "\x00\ud800", "[,{" * 30_000]
)
def test_hostile_text_gets_an_answer(text: str) -> None:
    assert complete(ObjectKind.METRIC, text, 10**9, 10**9, MODEL).column >= 0
