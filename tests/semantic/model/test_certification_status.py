"""The certification status of metrics, and when their days are final: read from YAML, checked and described."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

import pytest

from semantic.commands.interchange import EXPORTS
from semantic.errors import ModelError
from semantic.explore.repairs import use_instead
from semantic.explore.search import search
from semantic.model.certification_status import CertificationStatus, certification_status, replacement
from semantic.model.contract import Certificate, CertificationState
from semantic.model.definitions import Completeness, Deprecation
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.editing.object_changes import changed_objects
from semantic.model.loading.load import parse_model
from semantic.model.loading.stored import model_from_plain, model_to_plain
from semantic.model.model import Model
from semantic.plan.time.period_aggregation import timing_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.query import Breakdown, Order, Query
from semantic.results.finality import instead_of

SHOP = """\
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    columns: {order_id: string, day: date, amount: "decimal(18,4)", net: "decimal(18,4)"}
    time: ordered
    entities: [{name: order, kind: primary, columns: [order_id]}]
    dimensions: [{name: ordered, kind: time, sql: day}]
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: net, agg: sum, sql: net, final_after: 30 days}
      - {name: count, agg: count}
metrics:
  - {name: sales, measure: orders.amount}
  - {name: revenue, measure: orders.amount, certified: {by: Ana, until: 2026-06-30}}
  - {name: net_revenue, measure: orders.net, certified: {by: Ana, until: 2026-06-30}}
  - {name: orders, measure: orders.count}
policies:
  - {name: all, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}
"""
SALES = "{name: sales, measure: orders.amount"
REVENUE = "{name: revenue, measure: orders.amount"
OLD = ", deprecated: {since: 2026-04-01, replaced_by: revenue, reason: Cancelled orders were left in}"
VIEWER = Actor(id="vera", roles=frozenset({"viewer"}))


def shop(*changes: tuple[str, str], more: str = "") -> Model:
    text = SHOP
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_model({"shop.yml": text.replace("policies:", f"{more}policies:")})


def problems(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        shop(*changes)
    return [str(problem) for problem in caught.value.problems]


def test_a_certification_counts_until_the_metric_is_deprecated() -> None:
    model = shop((SALES, SALES + OLD), (REVENUE, REVENUE + ", deprecated: {since: 2026-06-01}"))
    assert model.metrics["sales"].deprecated == Deprecation(
        date(2026, 4, 1), "revenue", "Cancelled orders were left in"
    )
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 1), date(2026, 7, 1)]
    standings = {name: [certification_status(model.metrics[name], day).value for day in days] for name in model.metrics}
    assert standings == {
        "sales": ["candidate", "deprecated", "deprecated", "deprecated"],
        "revenue": ["certified", "certified", "deprecated", "deprecated"],
        "net_revenue": ["certified", "certified", "certified", "expired"],
        "orders": ["candidate"] * 4,
    }
    assert CertificationStatus.CANDIDATE.words == "Not certified"


def test_the_replacement_is_the_end_of_the_chain() -> None:
    chain = ", deprecated: {since: 2026-06-01, replaced_by: net_revenue}"
    model = shop((SALES, SALES + OLD), (REVENUE, REVENUE + chain))
    assert replacement(model.metrics["sales"], model.metrics) is model.metrics["net_revenue"]
    assert replacement(model.metrics["orders"], model.metrics) is None
    seen = narrow(model, VIEWER)
    assert {name: metric.name for name, metric in instead_of(model.metrics.values(), seen).items()} == {
        "sales": "net_revenue",
        "revenue": "net_revenue",
    }


def test_a_hidden_replacement_is_not_mentioned() -> None:
    model = shop((SALES, SALES + OLD), ("grant: {metrics: all,", "deny: {metrics: [revenue]}, grant: {metrics: all,"))
    assert dict(instead_of([model.metrics["sales"]], narrow(model, VIEWER))) == {}


@pytest.mark.parametrize(
    ("metric", "held", "says"),
    [
        (SALES, "{since: 2026-04-01, replaced_by: revenu}", "'sales' is replaced by 'revenu', which is not a metric"),
        (SALES, "{since: 2026-04-01, replaced_by: sales}", "'sales' is replaced by itself: sales -> sales."),
        (SALES, "{replaced_by: revenue}", "since"),
        (SALES, "{since: soon}", "since"),
    ],
)
def test_an_impossible_deprecation_is_a_problem(metric: str, held: str, says: str) -> None:
    (problem,) = problems((metric, f"{metric}, deprecated: {held}"))
    assert says in problem


def test_metrics_that_replace_each_other_are_each_a_problem() -> None:
    circle = "deprecated: {since: 2026-04-01, replaced_by: "
    texts = problems((SALES, f"{SALES}, {circle}revenue}}"), (REVENUE, f"{REVENUE}, {circle}sales}}"))
    assert ["sales -> revenue -> sales" in texts[0], "revenue -> sales -> revenue" in texts[1]] == [True, True]


def test_a_deprecation_is_described_and_changes_no_number() -> None:
    before, after = {"shop.yml": SHOP}, {"shop.yml": SHOP.replace(SALES, f"{SALES}, final_after: 2 weeks{OLD}")}
    (change,) = changed_objects(before, after)
    assert [field.words for field in change.fields] == [
        "Deprecated: none → since 2026-04-01, replaced by revenue: Cancelled orders were left in",
        "A day is final after: none → 2 weeks",
    ]
    assert metric_digest(parse_model(before), "sales") == metric_digest(parse_model(after), "sales")


def test_lists_show_deprecated_metrics_last() -> None:
    def listed(model: Model, text: str) -> list[str]:
        return [hit.name for hit in search(narrow(model, VIEWER), text, kinds=("metric",))]

    assert listed(shop(), "") == ["net_revenue", "revenue", "orders", "sales"]
    old = shop((REVENUE, REVENUE + ", deprecated: {since: 2026-04-01}"))
    assert listed(old, "") == ["net_revenue", "orders", "sales", "revenue"]
    # Its whole name still finds it first.
    assert listed(old, "revenue")[0] == "revenue"


def test_a_question_about_a_deprecated_metric_can_be_asked_of_its_replacement() -> None:
    model = shop((SALES, SALES + OLD))
    query = Query(metrics=("sales", "orders"), by=(Breakdown("ordered"),), order=(Order("sales", desc=True),))
    repair = use_instead(query, "sales", "revenue", narrow(model, VIEWER))
    assert repair.label == "Use Revenue"
    assert repair.query == Query(
        metrics=("revenue", "orders"), by=(Breakdown("ordered"),), order=(Order("revenue", desc=True),)
    )


# When a day is final


def test_a_metric_is_final_after_the_longest_of_its_inputs_or_as_it_states_itself() -> None:
    more = """\
  - {name: per_order, kind: ratio, numerator: net_revenue, denominator: orders}
  - {name: settled, kind: ratio, numerator: net_revenue, denominator: orders, final_after: 0 days}
  - {name: of_settled, kind: derived, expression: settled * 2}
  - {name: rolling, kind: cumulative, metric: net_revenue, window: 28 days}
  - name: grown
    kind: derived
    expression: orders / net_before
    inputs: [{name: net_before, metric: net_revenue, offset: 10 days}]
  - name: since_last_year
    kind: derived
    expression: net_before
    inputs: [{name: net_before, metric: net_revenue, offset: 1 year}]
"""
    model = shop(more=more)
    standings = {name: timing_of(metric, model).final_after for name, metric in model.metrics.items()}
    assert standings == {
        "sales": 0, "revenue": 0, "orders": 0, "net_revenue": 30, "per_order": 30, "settled": 0, "of_settled": 0,
        "rolling": 30, "grown": 20, "since_last_year": 0,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a while", "14", "14 hours", "-1 days", "1000 days", "1.5 weeks"])
def test_an_invalid_number_of_days_is_a_problem(text: str) -> None:
    (problem,) = problems(("final_after: 30 days", f'final_after: "{text}"'))
    assert "it is not a number of days; write it like 14 days" in problem


def test_only_datasets_with_a_date_have_final_days() -> None:
    (problem,) = problems(("    time: ordered\n", ""))
    assert "The measure 'net' has `final_after:` but no date." in problem


NET = "{name: net, agg: sum, sql: net, final_after: 30 days"
SHARES = ", completeness: {3 days: 90% to 95.5%, 1 day: 80% to 80%}"


def test_a_measure_says_how_complete_a_day_is_and_no_number_depends_on_it() -> None:
    model = shop((NET, NET + SHARES))
    assert model.datasets["orders"].measures["net"].completeness == (
        Completeness(1, Fraction(8, 10), Fraction(8, 10)), Completeness(3, Fraction(9, 10), Fraction(955, 1000)),
    )  # fmt: skip
    assert model_from_plain(json.loads(json.dumps(model_to_plain(model)))).datasets == model.datasets
    assert metric_digest(model, "net_revenue") == metric_digest(shop(), "net_revenue")


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        (NET, NET + ", completeness: {1 day: 80%}", "it is not a range of shares; write it like 80% to 90%"),
        (NET, NET + ", completeness: {1 day: 90% to 80%}", "it is not a range of shares"),
        (NET, NET + ", completeness: {1 day: 0% to 80%}", "it is not a range of shares"),
        (NET, NET + ", completeness: {soon: 70% to 80%}", "it is not a number of days"),
        (NET, NET + ", completeness: {2 days: 70% to 80%}", "must begin with `1 day`"),
        (NET, NET + ", completeness: {1 day: 70% to 80%, 31 days: 90% to 90%}", "must begin with `1 day` and end by"),
        (NET, NET + ", completeness: {7 days: 70% to 80%, 1 week: 90% to 90%, 1 day: 9% to 9%}", "each age only once"),
        ("sql: net, final_after: 30 days", "sql: net" + SHARES, "needs `final_after:`"),
        ("agg: sum, sql: net, final_after: 30 days", "agg: max, sql: net, final_after: 30 days" + SHARES, "add up"),
    ],
)
def test_an_invalid_completeness_is_a_problem(old: str, new: str, wrong: str) -> None:
    assert any(wrong in problem for problem in problems((old, new)))


LATER = ", counts_after: 14 days"


BALANCE = "agg: sum, sql: amount, additivity: semi, over_time: last"
A_RATIO = "{name: sales, kind: ratio, numerator: revenue, denominator: orders" + LATER


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("    time: ordered\n", "", "has no date"),
        ("grain: [order_id]", "grain: [order_id]\n    forward: true", "is a plan, which counts future days"),
        ("agg: sum, sql: amount", BALANCE, "is a balance, which is as of a day"),
        ("kind: time, sql: day", "kind: time, sql: day, grain: month", "is only known by the month"),
        (SALES + LATER, A_RATIO, "is calculated from other metrics; set `counts_after:` on those"),
    ],
)
def test_the_setting_counts_after_needs_a_sum_of_daily_facts(old: str, new: str, wrong: str) -> None:
    texts = problems((SALES, SALES + LATER), (old, new))
    assert f"'sales' can't have `counts_after:`. It {wrong}." in " ".join(texts)


def test_a_formula_counts_as_late_as_its_latest_input() -> None:
    more = "  - {name: share, kind: ratio, numerator: sales, denominator: orders}\n"
    model = shop((SALES, SALES + LATER), more=more)
    assert {name: timing_of(metric, model).counts_after for name, metric in model.metrics.items()} == {
        "sales": 14, "revenue": 0, "net_revenue": 0, "orders": 0, "share": 14,
    }  # fmt: skip


def test_a_metric_states_which_change_matters() -> None:
    more = "  - {name: share, kind: ratio, numerator: sales, denominator: orders, format: share, matters: 0.25 pp}\n"
    model = shop((SALES, f"{SALES}, matters: 3%"), more=more)
    assert [model.metrics[name].matters for name in ("sales", "share", "orders")] == [
        Fraction(3, 100), Fraction(25, 10_000), None
    ]  # fmt: skip
    assert model_from_plain(json.loads(json.dumps(model_to_plain(model)))).metrics == model.metrics


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("matters: 3 pp", "`matters: 3 pp` has the wrong unit, because 'sales' is not a share."),
        ("matters: 3%, format: share", "`matters: 3%` has the wrong unit, because 'sales' is a share."),
        ("matters: 3", "it is not the size of a change; write it like 1%, or 0.2 pp for a share"),
        ("matters: 0%", "it is not the size of a change"),
        ("matters: 101%", "it is not the size of a change"),
        ("matters: -1%", "it is not the size of a change"),
    ],
)
def test_a_change_that_matters_is_in_percent_or_for_a_share_in_percentage_points(text: str, wrong: str) -> None:
    (problem,) = problems((SALES, f"{SALES}, {text}"))
    assert wrong in problem
    assert problem.startswith("shop.yml:")


@pytest.mark.parametrize("tool", sorted(EXPORTS))
def test_other_tools_lack_the_setting_and_the_loss_is_listed(tool: str) -> None:
    before = {"shop.yml": SHOP}
    after = {"shop.yml": SHOP.replace(SALES, f"{SALES}, final_after: 2 weeks, matters: 2%{OLD}")}
    more = {str(one) for one in EXPORTS[tool](after)[1]} - {str(one) for one in EXPORTS[tool](before)[1]}
    (loss,) = [name for name in more if "sales" in name]
    assert "deprecated" in loss
    assert "final_after" in loss
    assert "matters" in loss


def test_a_certification_settled_in_one_reading_of_a_model_leaves_the_others_alone() -> None:
    files = {"shop.yml": SHOP}
    settled, other = parse_model(files), parse_model(files)
    settled.metrics["sales"].contract.settled = CertificationState(Certificate("Ana", date(2027, 1, 1)))
    assert certification_status(settled.metrics["sales"], date(2026, 4, 20)) is CertificationStatus.CERTIFIED
    assert certification_status(other.metrics["sales"], date(2026, 4, 20)) is CertificationStatus.CANDIDATE
    assert certification_status(parse_model(files).metrics["sales"], date(2026, 4, 20)) is CertificationStatus.CANDIDATE
