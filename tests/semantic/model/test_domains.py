"""Domains of a model: the core's names win, two teams can use the same label, and what a team's definitions can use."""

from __future__ import annotations

import pytest

from semantic.errors import ModelError
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.loading.load import parse_model
from semantic.model.loading.stored import model_from_plain, model_to_plain
from tests.domain_world import CORE, FIELD, FILES, PAID, TEAMS, changed


def problems(**texts: str) -> str:
    with pytest.raises(ModelError) as caught:
        parse_model(changed(**texts))
    return " | ".join(problem.message for problem in caught.value.problems)


def test_two_domains_can_use_one_label_which_then_names_them() -> None:
    model = parse_model(FILES)
    labels = {metric.name: metric.label for metric in model.metrics.values() if metric.domain}
    assert labels == {
        "paid_leads": "Leads · Paid media", "field_leads": "Leads · Field marketing",
        "paid_order_value": "Paid order value",
    }  # fmt: skip
    assert "Leads" in model.metrics["field_leads"].synonyms
    alone = parse_model(changed(paid=PAID.replace("label: Leads", "label: Paid leads")))
    assert alone.metrics["field_leads"].label == "Leads"
    assert alone.metrics["field_leads"].synonyms == ()


def test_a_stored_model_keeps_its_domains() -> None:
    model = parse_model(FILES)
    again = model_from_plain(model_to_plain(model))
    assert again.domains == model.domains
    assert again.domains["paid"].stewards.people == {"mia"}
    assert again.metrics["field_leads"].domain == "field"


def test_a_domain_affects_no_number() -> None:
    """Moving a metric to the core changes its domain, and nothing that would end a certification."""
    promoted = changed(paid=PAID.replace("    domain: paid\n", "").replace("label: Leads", "label: Paid leads"))
    before, after = parse_model(FILES), parse_model(promoted)
    assert after.metrics["paid_leads"].domain == ""
    assert metric_digest(before, "paid_leads") == metric_digest(after, "paid_leads")


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        ("label: Leads", "label: revenue", "'revenue'"),
        ("label: Leads", "label: Turnover", "'turnover'"),
        ("label: Leads", "label: Leads\n    synonyms: [Order  Count]", "'order count'"),
        ("label: Leads", "label: Large orders", "'large orders'"),
        ("label: Leads", "label: Market", "'market'"),
    ],
)
def test_the_core_keeps_its_labels(old: str, new: str, taken: str) -> None:
    said = problems(field=FIELD.replace(old, new))
    assert f"'field_leads' in the domain 'field' uses {taken}, a name of the core's" in said


def test_a_later_label_of_the_core_wins_too() -> None:
    said = problems(core=CORE.replace("synonyms: [turnover]", "synonyms: [turnover, leads]"))
    assert "'field_leads' in the domain 'field' uses 'leads', a name of the core's 'revenue'." in said
    assert "'paid_leads' in the domain 'paid' uses 'leads'" in said


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"paid": PAID.replace("domain: paid\n", "domain: pald\n")}, "is in the domain 'pald', which doesn't exist."),
        ({"teams": TEAMS.replace("Field marketing", "paid MEDIA")}, "'paid' and 'field' have the same label"),
        (
            {"core": CORE.replace("\nsegments:", "\n  - {name: all_leads, kind: ratio, numerator: paid_leads, "
                                  "denominator: orders}\nsegments:")},
            "'all_leads' of the core uses the metric 'paid_leads' of the domain 'paid'.",
        ),
        (
            {"paid": PAID.replace("denominator: orders", "denominator: field_leads")},
            "'paid_order_value' in the domain 'paid' uses the metric 'field_leads' of the domain 'field'.",
        ),
        (
            {"field": FIELD.replace("filter: market = 'FR'", "filter: amount > 5")},
            "'field_leads' filters by 'amount', which isn't a dimension of 'orders'.",
        ),
        (
            {"field": FIELD.replace("where: market = 'NO'", "where: amount > 5")},
            "'fair_visitors' filters by 'amount'",
        ),
        (
            {"core": CORE.replace("  - {name: orders, label: Order count, measure: orders.orders, format: count}\n",
                                  "  - {name: orders, label: Order count, measure: orders.orders, "
                                  "filter: market = 'DE'}\n")},
            "'field_leads' in the domain 'field' counts 'orders.orders', which no metric of the core counts",
        ),
    ],
)  # fmt: skip
def test_forbidden_parts_of_a_domain_are_reported(texts: dict[str, str], says: str) -> None:
    assert says in problems(**texts)


DATASET = """\
datasets:
  - name: fairs
    domain: field
    table: orders
    grain: [order_id]
    columns: {order_id: integer, market: string, amount: "decimal(18,2)"}
    entities: [{name: fair, kind: primary, columns: [order_id]}]
    dimensions: [{name: fair_market, sql: market}]
    measures: [{name: fairs, agg: count}]
"""


def test_a_domains_dataset_changes_no_other_datasets_joins() -> None:
    metric = "  - {name: fairs, label: Fairs, domain: field, measure: fairs.fairs}\n"
    mine = DATASET + FIELD.replace("segments:", f"{metric}segments:")
    assert parse_model(changed(field=mine)).metrics["fairs"].domain == "field"
    assert "has the key of 'order', which 'orders' joins by" in problems(
        field=mine.replace("name: fair,", "name: order,")
    )
    assert "has the dimension 'market' of 'orders'" in problems(field=mine.replace("name: fair_market", "name: market"))
    theirs = PAID + "  - {name: their_fairs, label: Their fairs, domain: paid, measure: fairs.fairs}\n"
    assert "uses the dataset 'fairs' of the domain 'field'" in problems(field=mine, paid=theirs)


def test_a_model_without_domains_is_as_before() -> None:
    model = parse_model({"core.yml": CORE})
    assert not model.domains
    assert {metric.label for metric in model.metrics.values()} == {"Revenue", "Costs", "Order count"}
