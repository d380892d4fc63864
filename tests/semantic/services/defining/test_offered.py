"""What a definition can use: for stewards of the core everything, and for a team only what it can see."""

from __future__ import annotations

from semantic.model.loading.load import parse_model
from semantic.policy.narrow import narrow
from semantic.services.defining.offered import open_columns, usable_model
from semantic.services.defining.rows import column_fields, dimension_fields
from tests.domain_world import ANA, CORE, FAY, MIA, changed


def test_a_team_is_offered_only_what_its_steward_sees_and_the_core_counts() -> None:
    """Costs and buyers are hidden from marketers, and the field team's metrics aren't the paid team's."""
    model = usable_model(narrow(parse_model(changed()), MIA))
    assert set(model.metrics) == {"revenue", "orders", "paid_leads", "paid_order_value"}
    assert set(model.datasets["orders"].measures) == {"amount", "orders"}
    assert set(model.datasets["orders"].columns) == {"market", "day"}
    assert set(model.datasets["orders"].dimensions) == {"market", "day"}
    assert set(model.dimensions) == {"market", "day"}
    assert set(model.segments) == {"large"}
    assert set(model.domains) == {"paid"}
    assert model.policies == ()


def test_a_measure_that_the_core_counts_only_with_conditions_is_not_offered() -> None:
    conditional = CORE.replace("measure: orders.orders,", "measure: orders.orders, filter: market <> 'NO',")
    assert conditional != CORE
    without = "metrics: []\n"
    model = usable_model(narrow(parse_model(changed(core=conditional, field=without)), FAY))
    assert set(model.datasets["orders"].measures) == {"amount"}


def test_conditions_of_a_team_read_columns_of_visible_dimensions_only() -> None:
    seen = narrow(parse_model(changed()), MIA)
    assert open_columns(seen, "orders") == {"market", "day"}
    assert {field.name for field in column_fields(seen, "orders")} == {"market", "day"}
    assert {field.name for field in dimension_fields(seen)} == {"market", "day"}


def test_stewards_of_the_core_are_offered_everything() -> None:
    model = usable_model(narrow(parse_model(changed()), ANA))
    assert set(model.metrics) == {"revenue", "costs", "orders", "paid_leads", "paid_order_value", "field_leads"}
    assert set(model.datasets["orders"].measures) == {"amount", "cost", "orders"}
    assert set(model.datasets["orders"].columns) == {"order_id", "day", "market", "buyer", "amount", "cost"}
    assert set(model.domains) == {"paid", "field"}
