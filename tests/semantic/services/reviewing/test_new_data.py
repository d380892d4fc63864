"""New policies that give access only to new tables, such as the ones that Add data writes."""

import pytest

from semantic.model.loading.load import parse_model
from semantic.services.reviewing.needs import opens_only_new_data
from tests.semantic.services.reviewing.world import files

DATA = """datasets:
  - name: visits
    table: %s
    grain: [visit_id]
    columns: {visit_id: integer, door: string}
    dimensions: [{name: door}]
    measures: [{name: visits, agg: count}]
metrics:
  - {name: visits, measure: visits.visits}
  - {name: visits_per_order, kind: ratio, numerator: visits, denominator: orders}
"""
POLICY = "policies:\n  - {name: added, who: {people: [ana]}, %s}\n"


def opens(grants: str, table: str = "visits") -> bool:
    before = files()
    after = before | {"visits.yml": DATA % table, "added.yml": POLICY % grants}
    return opens_only_new_data(parse_model(before), parse_model(after), "added")


@pytest.mark.parametrize(
    ("grants", "is_new"),
    [
        ("grant: {metrics: [visits], dimensions: [door]}, whole: [visits]", True),
        ("grant: {metrics: [visits]}, whole: [visits], deny: {dimensions: [door]}", True),
        ("grant: {metrics: all}, whole: [visits]", False),
        ("grant: {metrics: [visits, revenue]}, whole: [visits]", False),
        ("grant: {metrics: [visits_per_order]}, whole: [visits]", False),
        ("grant: {metrics: [visits], dimensions: [country]}, whole: [visits]", False),
        ("grant: {metrics: [visits]}, whole: [visits, orders]", False),
        ("grant: {metrics: [visits]}, whole: [visits], view_as: {roles: [viewer]}", False),
    ],
)
def test_a_policy_can_grant_access_only_to_new_data(grants: str, is_new: bool) -> None:
    assert opens(grants) is is_new


@pytest.mark.parametrize("table", ["orders", "main.orders", "ORDERS"])
def test_an_existing_table_under_a_new_name_is_not_new(table: str) -> None:
    assert not opens("grant: {metrics: [visits]}, whole: [visits]", table)


def test_an_existing_policy_is_compared_as_usual() -> None:
    assert not opens_only_new_data(parse_model(files()), parse_model(files()), "everybody")
