"""A change of policies is reported if it lets anyone see more. Compared with brute force over people and rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.governance.widening import widening
from semantic.interop.yaml_writer import write_yaml
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from tests.domain_world import CORE, changed

DATASETS = """
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    columns: {order_id: integer, customer_id: integer, market: string, channel: string, amount: "decimal(9,2)"}
    entities:
      - {name: order, kind: primary, columns: [order_id]}
      - {name: customer, kind: foreign, columns: [customer_id]}
    dimensions: [{name: market}, {name: channel, tags: [internal]}]
    measures: [{name: revenue, agg: sum, sql: amount}]
  - name: customers
    table: customers
    grain: [customer_id]
    columns: {customer_id: integer, home: string, email: string, age: integer}
    entities: [{name: customer, kind: primary, columns: [customer_id]}]
    dimensions: [{name: home}, {name: email, tags: [personal]}, {name: age}]
    measures: [{name: people, agg: count, label: People}]
  - name: spend
    table: spend
    grain: [day]
    columns: {day: string, market: string, cost: "decimal(9,2)"}
    dimensions: [{name: market}]
    measures: [{name: cost, agg: sum, sql: cost}]
metrics:
  - {name: revenue, kind: simple, measure: orders.revenue}
  - {name: people, kind: simple, measure: customers.people}
  - {name: cost, kind: simple, measure: spend.cost, tags: [margin]}
"""
FACT = {"revenue": "orders", "people": "customers", "cost": "spend"}
DIMENSIONS = ("market", "channel", "home", "email", "age")
TAGS = {"metrics": {"margin": {"cost"}}, "dimensions": {"personal": {"email"}, "internal": {"channel"}}}
ROWS = {
    "customers": [{"customer_id": 1, "home": "DE"}, {"customer_id": 2, "home": "NO"}, {"customer_id": 3, "home": None}],
    "orders": [
        {"customer_id": customer, "market": market} for customer, market in product((1, 2, 3, None), ("DE", "NO", None))
    ],
    "spend": [{"market": "DE"}, {"market": "NO"}, {"market": None}],
}
COLUMN = {"orders": "market", "spend": "market", "customers": "home"}


@dataclass(frozen=True)
class Person:
    id: str
    roles: frozenset[str]
    groups: frozenset[str]
    markets: tuple[str, ...]


PEOPLE = [
    Person(person, frozenset(roles), frozenset(groups), markets)
    for person in ("lena", "tom")
    for roles in ((), ("viewer",), ("marketer",), ("viewer", "marketer"))
    for groups in ((), ("emea",))
    for markets in ((), ("DE",), ("DE", "NO"))
]


@dataclass(frozen=True)
class Rule:
    dataset: str
    values: tuple[str, ...]
    own: bool
    or_empty: bool
    is_not: bool

    @property
    def where(self) -> str:
        column = COLUMN[self.dataset]
        listed = [*([":markets"] if self.own else []), *(f"'{value}'" for value in self.values)]
        test = f"{column} {'NOT IN' if self.is_not else 'IN'} ({', '.join(listed)})"
        return f"{column} IS NULL OR {test}" if self.or_empty else test

    def lets_in(self, value: str | None, person: Person) -> bool:
        if self.own and not person.markets:
            return False  # a missing attribute matches no row
        if value is None:
            return self.or_empty
        known = {*self.values, *(person.markets if self.own else ())}
        return (value in known) != self.is_not


@dataclass(frozen=True)
class Written:
    """A policy as this test writes it."""

    name: str
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    market: str = ""  # a required attribute
    grants: dict[str, object] = field(default_factory=dict)
    denials: dict[str, object] = field(default_factory=dict)
    whole: object = ()
    rules: tuple[Rule, ...] = ()
    masks: tuple[tuple[str, str, int], ...] = ()
    min_group: int = 0
    limit: int = 0
    view_as: tuple[str, ...] = ()

    def data(self) -> dict[str, object]:
        who = {"roles": sorted(self.roles), "groups": sorted(self.groups), "people": sorted(self.people)}
        named: dict[str, object] = {kind: names for kind, names in who.items() if names}
        if self.market:
            named["attributes"] = {"markets": self.market}
        data: dict[str, object] = {
            "name": self.name, "who": named, "grant": self.grants, "deny": self.denials,
            "whole": self.whole if isinstance(self.whole, str) else list(self.whole),  # type: ignore[call-overload]
            "rows": [{"dataset": rule.dataset, "where": rule.where} for rule in self.rules],
            "masks": [
                {"dimension": name, "kind": kind, **({"width": width} if kind == "bucket" else {})}
                for name, kind, width in self.masks
            ],
            "view_as": {"roles": list(self.view_as)},
        }  # fmt: skip
        if self.min_group:
            data["min_group"] = {"entity": "customer", "at_least": self.min_group}
        if self.limit:
            data["limits"] = {"rows": self.limit}
        return data

    def matches(self, person: Person) -> bool:
        named = person.id in self.people or bool(self.roles & person.roles) or bool(self.groups & person.groups)
        if not self.market:
            return named
        is_open = not (self.people or self.roles or self.groups)
        return (named or is_open) and self.market in person.markets


def holds(names: object, kind: str, name: str) -> bool:
    if names == "all":
        return True
    if isinstance(names, dict):
        return any(name in TAGS[kind][tag] for tag in names["tags"])
    return name in (names or ())  # type: ignore[operator]


def model_of(policies: list[Written]) -> Model:
    return parse_model(
        {"model.yml": DATASETS, "policies.yml": write_yaml({"policies": [one.data() for one in policies]})}
    )


# What one person sees, worked out from the policies as written


def sights(policies: list[Written], person: Person) -> dict[tuple[str, object], object]:
    """Return everything that a person can see, each with a value.

    A person sees more if there is a new key, or a larger value.
    """
    mine = [policy for policy in policies if policy.matches(person)]
    seen: dict[tuple[str, object], object] = {}
    reach = {"orders": ("orders", "customers"), "customers": ("customers",), "spend": ("spend",)}
    shown: set[str] = set()
    for dataset, reached in reach.items():
        rules = [rule for policy in mine for rule in policy.rules if rule.dataset in reached]
        if rules or any(holds(policy.whole, "datasets", dataset) for policy in mine):
            shown.add(dataset)
            for number, row in enumerate(ROWS[dataset]):
                values = dict(row)
                if dataset == "orders":
                    values["home"] = next(
                        (one["home"] for one in ROWS["customers"] if one["customer_id"] == row["customer_id"]), None
                    )
                    values["has_customer"] = row["customer_id"] is not None  # type: ignore[assignment]
                if all(_passes(rule, dataset, values, person) for rule in rules):
                    seen["row", (dataset, number)] = True
    for metric, dataset in FACT.items():
        granted = any(holds(policy.grants.get("metrics"), "metrics", metric) for policy in mine)
        denied = any(holds(policy.denials.get("metrics"), "metrics", metric) for policy in mine)
        if granted and not denied and dataset in shown:
            seen["metric", metric] = True
    for dimension in DIMENSIONS:
        granted = any(holds(policy.grants.get("dimensions"), "dimensions", dimension) for policy in mine)
        denied = any(holds(policy.denials.get("dimensions"), "dimensions", dimension) for policy in mine)
        if granted and not denied:
            seen["dimension", dimension] = True
            masks = [(kind, width) for policy in mine for name, kind, width in policy.masks if name == dimension]
            order = ("null", "hash", "bucket", "last_four")
            least = min(masks, key=lambda mask: (order.index(mask[0]), -mask[1]), default=("none", 0))
            seen["mask", dimension] = least
    seen["group", ""] = max((policy.min_group for policy in mine), default=0)
    seen["limit", ""] = min((policy.limit for policy in mine if policy.limit), default=0)
    for policy in mine:
        if policy.view_as:
            seen["view_as", policy.view_as] = True
    return seen


def _passes(rule: Rule, dataset: str, values: Mapping[str, object], person: Person) -> bool:
    if rule.dataset == dataset:
        return rule.lets_in(values[COLUMN[dataset]], person)  # type: ignore[arg-type]
    # An order passes a rule on customers if it has one that passes.
    return bool(values["has_customer"]) and rule.lets_in(values["home"], person)  # type: ignore[arg-type]


def sees_more(before: dict[tuple[str, object], object], after: dict[tuple[str, object], object]) -> bool:
    for (kind, what), value in after.items():
        was = before.get((kind, what))
        match kind:
            case "mask":
                if was is not None and value != was and not _shows_no_more(value, was):  # type: ignore[arg-type]
                    return True
            case "group":
                if value < (was or 0):  # type: ignore[operator]
                    return True
            case "limit":
                if was and (not value or value > was):  # type: ignore[operator]
                    return True
            case "view_as":
                roles = set(what)  # type: ignore[call-overload]
                if not any(roles <= set(one) for k, one in before if k == "view_as"):  # type: ignore[call-overload]
                    return True
            case _:
                if was is None:
                    return True
    return False


def _shows_no_more(mask: tuple[str, int], than: tuple[str, int]) -> bool:
    if mask[0] == "null" or than[0] == "none":
        return True
    return mask[0] == than[0] == "bucket" and mask[1] % than[1] == 0


# Random policies

metric_names = st.one_of(
    st.just("all"), st.lists(st.sampled_from(sorted(FACT)), unique=True), st.just({"tags": ["margin"]})
)
dimension_names = st.one_of(
    st.just("all"), st.lists(st.sampled_from(DIMENSIONS), unique=True),
    st.sampled_from(["personal", "internal"]).map(lambda tag: {"tags": [tag]}),
)  # fmt: skip
rules = st.builds(
    Rule,
    dataset=st.sampled_from(sorted(COLUMN)),
    values=st.lists(st.sampled_from(["DE", "NO", "AT"]), unique=True, max_size=2).map(tuple),
    own=st.booleans(),
    or_empty=st.booleans(),
    is_not=st.booleans(),
).filter(lambda rule: bool(rule.values or rule.own))
masks = st.one_of(
    st.tuples(st.sampled_from(["email", "home"]), st.sampled_from(["null", "hash", "last_four"]), st.just(0)),
    st.tuples(st.just("age"), st.just("bucket"), st.sampled_from([5, 10, 15])),
)
SETS = st.frozensets


def written(name: str) -> st.SearchStrategy[Written]:
    return st.builds(
        Written,
        name=st.just(name),
        roles=SETS(st.sampled_from(["viewer", "marketer"])),
        groups=SETS(st.sampled_from(["emea"])),
        people=SETS(st.sampled_from(["lena"])),
        market=st.sampled_from(["", "", "DE"]),
        grants=st.fixed_dictionaries({}, optional={"metrics": metric_names, "dimensions": dimension_names}),
        denials=st.fixed_dictionaries({}, optional={"metrics": metric_names, "dimensions": dimension_names}),
        whole=st.one_of(st.just("all"), st.lists(st.sampled_from(sorted(ROWS)), unique=True)),
        rules=st.lists(rules, max_size=2).map(tuple),
        masks=st.lists(masks, max_size=1).map(tuple),
        min_group=st.sampled_from([0, 0, 5, 10]),
        limit=st.sampled_from([0, 0, 100, 500]),
        view_as=st.sampled_from([(), (), ("viewer",), ("viewer", "marketer")]),
    )


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[Written], list[Written]]:
    """Return policies before and after a change of some of their parts."""
    names = ("one", "two")
    before = [draw(written(name)) for name in names[: draw(st.integers(1, 2))]]
    after: list[Written] = []
    for policy in before:
        other = draw(written(policy.name))
        parts = draw(st.frozensets(st.sampled_from([*Written.__dataclass_fields__]), max_size=2))
        kept = {
            part: getattr(other if part in parts else policy, part)
            for part in Written.__dataclass_fields__
            if part != "name"
        }
        after.append(Written(name=policy.name, **kept))
    match draw(st.sampled_from(["parts", "parts", "parts", "added", "removed"])):
        case "added":
            after.append(draw(written("three")))
        case "removed":
            del after[0]
        case _:
            pass
    return before, after


@settings(max_examples=150, deadline=None)
@given(changes())
def test_a_policy_is_named_whenever_anyone_sees_more(change: tuple[list[Written], list[Written]]) -> None:
    before, after = change
    named = widening(model_of(before), model_of(after))
    more = [person for person in PEOPLE if sees_more(sights(before, person), sights(after, person))]
    assert named or not more, f"{more[0]} sees more"
    assert set(named) <= {policy.name for policy in (*before, *after)}


@settings(max_examples=50, deadline=None)
@given(st.lists(written("one"), min_size=1, max_size=1))
def test_the_same_policies_widen_nothing(policies: list[Written]) -> None:
    described = [{**policy.data(), "description": "Described."} for policy in policies]
    model = parse_model({"model.yml": DATASETS, "policies.yml": write_yaml({"policies": described})})
    assert widening(model_of(policies), model) == ()


OWN = "{name: own, who: {groups: [emea]}, grant: {metrics: all, dimensions: all}, deny: {dimensions: [email]},"
BEFORE = (
    OWN
    + """ whole: [spend], min_group: {entity: customer, at_least: 10}, limits: {days: 90},
  masks: [{dimension: age, kind: bucket, width: 10}], rows: [{dataset: customers, where: "home IN ('DE', 'AT')"}]}"""
)


@pytest.mark.parametrize(
    ("old", "new", "widens"),
    [
        ("('DE', 'AT')", "('DE')", False),
        ("('DE', 'AT')", "('DE', 'AT', 'NO')", True),
        ("home IN ('DE', 'AT')", "home = 'AT'", False),
        ("home IN ('DE', 'AT')", "home IN ('DE', 'AT') AND age > 17", False),
        ("home IN ('DE', 'AT')", "home IN ('DE', 'AT') OR home IS NULL", True),
        ("home IN ('DE', 'AT')", "home IN (:markets)", True),
        ("at_least: 10", "at_least: 5", True),
        ("at_least: 10", "at_least: 20", False),
        ("days: 90", "days: 30", False),
        ("days: 90", "days: 365", True),
        ("width: 10", "width: 20", False),
        ("width: 10", "width: 15", True),
        ("kind: bucket, width: 10", "kind: 'null'", False),
        ("whole: [spend]", "whole: []", False),
        ("whole: [spend]", "whole: [spend, orders]", False),  # orders are limited by their customer already
        ("deny: {dimensions: [email]}", "deny: {dimensions: [email, home]}", False),
        ("deny: {dimensions: [email]}", "deny: {}", True),
        ("groups: [emea]", "groups: [emea, apac]", True),
        ("metrics: all", "metrics: [revenue]", False),
    ],
)
def test_changes_that_let_people_see_more_are_detected(old: str, new: str, widens: bool) -> None:
    changed = BEFORE.replace(old, new)
    assert changed != BEFORE
    models = [
        parse_model({"model.yml": DATASETS, "policies.yml": f"policies:\n  - {text}\n"}) for text in (BEFORE, changed)
    ]
    assert widening(models[0], models[1]) == (("own",) if widens else ())


def test_a_denied_column_under_another_name_is_named() -> None:
    policies = {"policies.yml": f"policies:\n  - {BEFORE}\n"}
    copied = DATASETS.replace("{name: email, tags: [personal]}", "{name: email}, {name: contact, sql: email}")
    assert widening(
        parse_model({"model.yml": DATASETS, **policies}), parse_model({"model.yml": copied, **policies})
    ) == ("own",)


def test_a_lost_tag_opens_what_it_hid() -> None:
    policies = {
        "policies.yml": "policies:\n  - {name: hides, who: {roles: [viewer]}, deny: {metrics: {tags: [margin]}}}\n"
    }
    untagged = DATASETS.replace(", tags: [margin]", "")
    models = (parse_model({"model.yml": text, **policies}) for text in (DATASETS, untagged))
    assert widening(*models) == ("hides",)


def test_data_new_to_the_model_widens_nothing() -> None:
    added = """
  - name: leads
    table: leads
    grain: [lead_id]
    columns: {lead_id: integer}
    measures: [{name: leads, agg: count}]
metrics:
  - {name: leads, kind: simple, measure: leads.leads}
"""
    more = DATASETS.replace("\nmetrics:\n", added)
    policy = "policies:\n  - {name: mine, who: {people: [lena]}, grant: {metrics: [leads]}, whole: [leads]}\n"
    before = parse_model({"model.yml": DATASETS})
    assert widening(before, parse_model({"model.yml": more, "policies.yml": policy})) == ()
    of_orders = more.replace("table: leads", "table: orders").replace("lead_id", "order_id")
    assert widening(before, parse_model({"model.yml": of_orders, "policies.yml": policy})) == ("mine",)


_AGAIN = """\
  - name: again
    label: Orders again
    {reads}
    grain: [order_id]
    columns: {{order_id: integer, buyer: string, market: string}}
    dimensions:
      - {{name: who, label: Who, sql: buyer}}
    measures:
      - {{name: rows, agg: count}}
"""
_SECOND = "  - {name: costs_again, label: Costs again, measure: orders.cost}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\nmetrics:\n", "\n" + _AGAIN.format(reads="table: orders") + "metrics:\n"),
        ("\nmetrics:\n", "\n" + _AGAIN.format(reads="table: main.orders") + "metrics:\n"),
        ("\nmetrics:\n", "\n" + _AGAIN.format(reads="sql: SELECT order_id, buyer, market FROM orders") + "metrics:\n"),
        ("\nmetrics:\n", "\nmetrics:\n" + _SECOND),  # counts rows that only a hidden metric counted
        ("synonyms: [turnover], measure: orders.amount", "synonyms: [turnover], measure: orders.cost"),
        (", tags: [personal]", ""),
        (", tags: [secret]", ""),
    ],
)
def test_data_that_a_policy_hides_is_not_opened_under_another_name(old: str, new: str) -> None:
    assert old in CORE
    before, after = parse_model(changed()), parse_model(changed(core=CORE.replace(old, new, 1)))
    assert widening(before, after) == ("marketers",)


def test_another_metric_over_visible_data_opens_nothing() -> None:
    more = CORE.replace("\nmetrics:\n", "\nmetrics:\n  - {name: sales, label: Sales, measure: orders.amount}\n", 1)
    assert widening(parse_model(changed()), parse_model(changed(core=more))) == ()
