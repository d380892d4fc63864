"""Policies as forms: reading a policy and writing it back changes no byte, and rules combined into one mean the
same.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.errors import ModelError
from semantic.governance.policy_forms.row_parts import (
    RowPart,
    condition_of,
    once_for_all,
    read_rows,
    row_data,
    with_rows,
)
from semantic.governance.policy_forms.sentences import condition_words, reach_of, sentences, who_words
from semantic.model.checks.decided import find_unmentioned
from semantic.model.editing.edit import replace_object
from semantic.model.editing.keys import read_object, set_key
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.files.yaml_text import Plain
from semantic.model.loading.load import parse_model, read_folder
from semantic.model.model import Model
from semantic.model.policies import Policy
from tests.semantic.governance.test_widening import DATASETS

ROOT = Path(__file__).parents[4]
MARKETING = read_folder(ROOT / "semantic" / "marketing")


def files_with_policies() -> list[tuple[str, str]]:
    """Return every file of the marketing model and of the tests that has policies."""
    paths = [path for folder in ("semantic", "tests") for path in sorted((ROOT / folder).rglob("*.yml"))]
    texts = [(path.relative_to(ROOT).as_posix(), path.read_bytes().decode()) for path in paths]
    return [(name, text) for name, text in texts if "\npolicies:" in f"\n{text}" and "golden" not in name]


@pytest.mark.parametrize(("file", "text"), files_with_policies(), ids=lambda value: value if len(value) < 80 else "")
def test_every_policy_reads_and_writes_back_byte_for_byte(file: str, text: str) -> None:
    model = parse_model(MARKETING)
    found = [thing for thing in objects_of({file: text}) if thing.kind is ObjectKind.POLICY]
    for thing in found:
        own = own_text(thing)
        data = read_object(own)
        assert data is not None
        rows = read_rows(data, model)
        written = set_key(own, ("rows",), with_rows(rows, rows, data, model))
        for key, value in data.items():
            written = set_key(written, (key,), value)
        assert written == own
        assert replace_object({file: text}, thing.key, written).files == {file: text}


def small(policies: str) -> Model:
    return parse_model({"model.yml": DATASETS, "policies.yml": f"policies:\n{policies}"})


def only(model: Model) -> Policy:
    return model.policies[0]


def rules_of(policy: Policy) -> set[tuple[str, str]]:
    return {(rule.dataset, rule.where.text) for rule in policy.rows}


def test_a_rule_about_a_dimension_is_on_every_dataset_that_has_it() -> None:
    rule = """  - name: emea
    who: {groups: [emea]}
    rows:
      - {dimension: market, where: "market IN (:markets)", without: [customers]}
"""
    assert rules_of(only(small(rule))) == {("orders", "market IN (:markets)"), ("spend", "market IN (:markets)")}
    more = DATASETS.replace(
        "\nmetrics:\n",
        """
  - name: leads
    table: leads
    grain: [lead_id]
    columns: {lead_id: integer, country: string}
    dimensions: [{name: market, sql: "upper(country)"}]
    measures: [{name: leads, agg: count}]
metrics:
""",
    )
    grown = parse_model({"model.yml": more, "policies.yml": f"policies:\n{rule}"})
    assert ("leads", "(upper(country)) IN (:markets)") in rules_of(only(grown))


def test_a_dataset_without_the_dimension_has_to_be_decided() -> None:
    rule = """  - name: emea
    who: {groups: [emea]}
    rows: [{dimension: market, where: "market IN (:markets)"WITHOUT}]
"""
    with pytest.raises(ModelError, match=r"'emea' doesn't decide about datasets .* doesn't reach: customers"):
        small(rule.replace("WITHOUT", ""))
    assert not only(small(rule.replace("WITHOUT", ", without: hidden"))).whole.names
    assert only(small(rule.replace("WITHOUT", ", without: whole"))).whole.names == {"customers"}
    denied = rule.replace("WITHOUT", "") + "    deny: {datasets: [customers]}\n"
    assert rules_of(only(small(denied))) == {("orders", "market IN (:markets)"), ("spend", "market IN (:markets)")}


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ('{dimension: nothing, where: "nothing IN (:x)"}', "which is not a dimension of any dataset"),
        ("{dimension: market, where: \"channel = 'a'\", without: hidden}", "must read 'market' and nothing else"),
        ("{dimension: market, where: \"market = 'a'\", except: [customers]}", "which has no 'market'"),
        ("{dimension: market, where: \"market = 'a'\", without: [orders]}", "but it has 'market'"),
        ("{dataset: orders, where: \"market = 'a'\", without: hidden}", "belong to a rule with `dimension:`"),
        ("{where: \"market = 'a'\"}", "needs either `dataset:` or `dimension:`"),
    ],
)
def test_a_rule_that_cannot_be_written_out_is_refused(rule: str, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        small(f"  - name: emea\n    who: {{groups: [emea]}}\n    rows: [{rule}]\n")
    assert says in str(caught.value)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["DE", "AT", "O'Neil"]), unique=True).map(tuple),
    st.lists(st.sampled_from(["markets", "homes"]), unique=True).map(tuple),
    st.booleans(),
    st.booleans(),
)
def test_a_rule_written_once_is_the_same_as_on_each_dataset(
    values: tuple[str, ...], own: tuple[str, ...], or_empty: bool, is_not: bool
) -> None:
    if not (values or own):
        return
    model = small("  []\n".replace("  []", "  - {name: no_one, who: {roles: []}}"))
    part = RowPart(dimension="market", values=values, own=own, or_empty=or_empty, is_not=is_not, without="hidden")
    where = condition_of(part, model)
    data: dict[str, Plain] = {"name": "emea", "rows": [row_data(part, model)]}
    assert read_rows(data, model) == (part,)
    once = _loaded([{"dimension": "market", "where": where, "without": "hidden"}])
    each = _loaded([{"dataset": name, "where": where} for name in ("orders", "spend")])
    assert once.rows == each.rows


def _loaded(rows: list[dict[str, str]]) -> Policy:
    from semantic.interop.yaml_writer import write_yaml

    text = write_yaml({"policies": [{"name": "emea", "who": {"groups": ["emea"]}, "rows": rows}]})
    return only(parse_model({"model.yml": DATASETS, "policies.yml": text}))


def test_single_rules_are_written_once_with_the_same_meaning() -> None:
    model = parse_model(MARKETING)
    thing = next(one for one in objects_of(MARKETING) if one.key == (ObjectKind.POLICY, "own_markets"))
    text = own_text(thing)
    data = read_object(text)
    assert data is not None
    old = read_rows(data, model)
    chosen = next(part for part in old if part.dataset == "orders")
    new = once_for_all(old, chosen, model)
    assert len(new) < 6
    changed = set_key(text, ("rows",), with_rows(old, new, data, model))
    after = parse_model(replace_object(MARKETING, thing.key, changed).files)
    policies = [next(one for one in each.policies if one.name == "own_markets") for each in (model, after)]
    assert rules_of(policies[0]) == rules_of(policies[1])


def test_parts_that_the_form_cannot_express_are_kept() -> None:
    model = small('  - {name: emea, who: {groups: [emea]}, rows: [{dataset: orders, where: "amount > 5"}]}\n')
    rows = read_rows({"rows": [{"dataset": "orders", "where": "amount > 5"}]}, model)
    assert rows[0].by_hand == "amount > 5"
    assert row_data(rows[0], model) == {"dataset": "orders", "where": "amount > 5"}
    for where in ("market = :market", "lower(market) = 'de'", "market IN ('DE') AND channel = 'a'", "market LIKE 'D%'"):
        assert read_rows({"rows": [{"dataset": "orders", "where": where}]}, model)[0].by_hand == where


def test_typed_values_keep_their_type() -> None:
    model = small("  - {name: emea, who: {groups: [emea]}}\n")
    part = RowPart(dimension="market", values=("a') OR ('b' = 'b",))
    assert condition_of(part, model) == "market IN ('a'') OR (''b'' = ''b')"
    with pytest.raises(ModelError, match="isn't a number"):
        condition_of(RowPart(dimension="age", values=("1) OR (1 = 1",)), model)
    with pytest.raises(ModelError, match="Choose at least one value of Market"):
        condition_of(RowPart(dimension="market"), model)


def test_a_policy_is_described_in_sentences() -> None:
    text = """  - name: emea
    label: EMEA markets
    who: {groups: [EMEA], roles: [marketer]}
    grant: {metrics: all, dimensions: [market, home]}
    deny: {metrics: {tags: [margin]}, dimensions: [email]}
    rows: [{dimension: market, where: "market IS NULL OR market IN ('DE', :markets)", without: hidden}]
    masks: [{dimension: age, kind: bucket, width: 10}]
    min_group: {entity: customer, at_least: 10}
    limits: {days: 90}
"""
    model = small(text)
    policy = only(model)
    where = policy.by_dimension[0].where.text
    rows = read_rows({"rows": [{"dimension": "market", "where": where, "without": "hidden"}]}, model)
    assert who_words(policy) == "Marketers, and people in the group EMEA"
    assert sentences(policy, rows, model) == (
        "Can see every metric and Home and Market.",
        "Can see rows where Market is DE, their own markets or empty, in each of 2 datasets with Market. "
        "Datasets without it aren't shown.",
        "Can never see metrics tagged margin and Email.",
        "Age is shown as steps of 10.",
        "Groups under 10 are hidden, counted by customer.",
        "A question has at most 90 days.",
    )
    reach = reach_of(policy, model)
    assert [[one.name for one in part] for part in (reach.limited, reach.whole, reach.denied, reach.unreached)] == [
        ["orders", "spend"], [], [], ["customers"],
    ]  # fmt: skip
    assert condition_words(RowPart(dimension="market", values=("NO",), is_not=True), model) == "Market is not NO"


def test_datasets_that_single_rules_leave_out_are_listed() -> None:
    germany = "  - {name: germany, who: {groups: [de]}, WHOLE rows: [{dataset: orders, where: \"market = 'DE'\"}]}\n"
    found = find_unmentioned(small(germany.replace("WHOLE", "whole: all,")))
    assert [(one.policy.name, [each.name for each in one.with_dimension]) for one in found] == [("germany", ["spend"])]
    assert [each.name for each in found[0].others] == ["customers"]
    assert find_unmentioned(small(germany.replace("WHOLE", "whole: [spend, customers],"))) == []
