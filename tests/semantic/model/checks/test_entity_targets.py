"""Entities join datasets of one connection only. A model that relies on another connection's key doesn't load."""

from __future__ import annotations

import pytest

from semantic.errors import ModelError
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.loading.load import parse_model
from semantic.model.loading.stored import model_from_plain, model_to_plain
from semantic.model.model import Model

CHANNELS = """
datasets:
  - name: channels
    table: channels
    grain: [key]
    columns: {key: string, channel: string}
    entities: [{name: channel, kind: primary, columns: [key]}]
    dimensions: [{name: channel}]
"""
PLANS = """
datasets:
  - name: plans
    table: plans
    connection: plans_db
    grain: [month, key]
    time: month
    columns: {month: date, key: string, channel: string, amount: "decimal(18,2)"}
    entities: [{name: channel, kind: foreign, columns: [key]}]
    dimensions: [{name: month, kind: time, grain: month}DIMENSION]
    measures: [{name: amount, agg: sum, sql: amount}]
metrics: [{name: planned, measure: plans.amount}]
"""
OWN = """
datasets:
  - name: planned_channels
    table: planned_channels
    connection: plans_db
    grain: [key]
    columns: {key: string, channel: string}
    entities: [{name: channel, kind: primary, columns: [key]}]
    dimensions: [{name: channel}]
"""


def model_of(*, dimension: str = "", **files: str) -> Model:
    return parse_model({f"{name}.yml": text.replace("DIMENSION", dimension) for name, text in files.items()})


def test_a_key_that_only_another_connection_has_is_refused_with_a_repair() -> None:
    with pytest.raises(ModelError) as caught:
        model_of(channels=CHANNELS, plans=PLANS)
    (problem,) = caught.value.problems
    assert "points at 'channels', which is in another connection" in problem.message
    assert "under the same names as in 'channels'" in problem.remedy
    assert problem.file == "plans.yml"


def test_only_a_key_of_the_same_connection_is_joined() -> None:
    model = model_of(channels=CHANNELS, plans=PLANS, own=OWN)
    assert set(model.joins.paths("plans")) == {"plans", "planned_channels"}
    assert len(model.dimensions["channel"]) == 2


def test_an_entity_that_a_dimension_shows_needs_no_key() -> None:
    model = model_of(channels=CHANNELS, plans=PLANS, dimension=", {name: channel, sql: key}")
    assert set(model.joins.paths("plans")) == {"plans"}


def test_without_a_dimension_of_the_same_name_columns_alone_are_enough() -> None:
    text = PLANS.replace("    entities: [{name: channel, kind: foreign, columns: [key]}]\n", "")
    model = model_of(channels=CHANNELS, plans=text, dimension=", {name: channel}")
    assert {dimension.dataset for dimension in model.dimensions["channel"]} == {"channels", "plans"}


def test_the_connection_is_stored_and_is_part_of_a_metrics_meaning() -> None:
    text = PLANS.replace("    entities: [{name: channel, kind: foreign, columns: [key]}]\n", "")
    there, here = model_of(plans=text), model_of(plans=text.replace("    connection: plans_db\n", ""))
    assert there.datasets["plans"].connection == "plans_db"
    assert here.datasets["plans"].connection == ""
    assert model_from_plain(model_to_plain(there)).datasets["plans"].connection == "plans_db"
    assert metric_digest(there, "planned") != metric_digest(here, "planned")


@pytest.mark.parametrize("name", ["Uploads", "my uploads", "../x", "''"])
def test_a_connection_has_a_plain_name(name: str) -> None:
    with pytest.raises(ModelError):
        model_of(plans=PLANS.replace("connection: plans_db", f"connection: {name}"))
