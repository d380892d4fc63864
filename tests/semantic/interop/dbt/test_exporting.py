"""The dbt export is a valid dbt project: unique names that exist, and no metric based on one that was left out."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from semantic.interop.cube.exporting import export_cube
from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.dbt.importing import QUESTIONS, import_dbt
from semantic.interop.loss import Loss
from semantic.interop.osi.exporting import export_osi
from semantic.model.loading.load import read_folder
from tests.semantic.odd_columns import MODEL as STALL
from tests.shop import SHOP

MARKETING = Path(__file__).parents[4] / "semantic" / "marketing"
PERIODS = {"day", "week", "month", "quarter", "year", "hour", "minute", "second", "metric_time"}


def project(files: dict[str, str]) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Return the lists in an export, and the loss of each object."""
    exported = export_dbt(files)
    lists: dict[str, list[Any]] = {}
    for file, text in exported.files.items():
        lists |= yaml.safe_load(text) if file.endswith(".yml") else {}
    return lists, {loss.name: loss.why for loss in exported.losses}


def named(things: list[Any]) -> dict[str, Any]:
    return {thing["name"]: thing for thing in things}


@pytest.fixture(scope="module", params=[MARKETING, SHOP], ids=["marketing", "shop"])
def written(request: pytest.FixtureRequest) -> dict[str, list[Any]]:
    return project(read_folder(request.param))[0]


def test_a_name_is_used_for_one_kind_of_object_in_the_whole_project(written: dict[str, list[Any]]) -> None:
    kinds: dict[str, set[str]] = {}
    for model in written["semantic_models"]:
        for kind in ("entities", "dimensions", "measures"):
            for one in model.get(kind, []):
                kinds.setdefault(one["name"], set()).add(kind)
    assert {name: kinds_of_name for name, kinds_of_name in kinds.items() if len(kinds_of_name) > 1} == {}
    assert not [name for name in kinds if name in PERIODS or not re.fullmatch(r"[a-z](?:_?[a-z0-9])+", name)]


def test_each_measure_and_metric_is_exported_once(written: dict[str, list[Any]]) -> None:
    measures = Counter(measure["name"] for model in written["semantic_models"] for measure in model.get("measures", []))
    assert max(measures.values()) == 1
    metrics = {metric["name"] for metric in written["metrics"]}
    assert len(metrics) == len(written["metrics"])
    for metric in written["metrics"]:
        params = metric["type_params"]
        inputs = [*params.get("metrics", []), *(params[key] for key in ("numerator", "denominator") if key in params)]
        assert {metric_input["name"] for metric_input in inputs} <= metrics, metric["name"]
        asked = re.findall(r"Metric\('(\w+)'", str(metric))
        assert set(asked) <= metrics, metric["name"]
        about = params.get("conversion_type_params", params)
        for key in ("measure", "base_measure", "conversion_measure"):
            side = about.get(key)
            assert side is None or (side["name"] if isinstance(side, dict) else side) in measures, metric["name"]


def test_names_of_dimensions_and_labels_of_measures_are_unique(written: dict[str, list[Any]]) -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    for model in written["semantic_models"]:
        primary = [entity["name"] for entity in model.get("entities", []) if entity["type"] == "primary"]
        assert bool(primary) != ("primary_entity" in model)
        key = model.get("primary_entity") or primary[0]
        pairs.update((key, dimension["name"]) for dimension in model.get("dimensions", []))
        labels = Counter(measure["label"] for measure in model.get("measures", []) if "label" in measure)
        assert not [label for label, often in labels.items() if often > 1]
    assert not [pair for pair, often in pairs.items() if often > 1]


def test_filters_name_only_exported_objects(written: dict[str, list[Any]]) -> None:
    dimensions = {
        dimension["name"] for model in written["semantic_models"] for dimension in model.get("dimensions", [])
    }
    entities = {entity["name"] for model in written["semantic_models"] for entity in model.get("entities", [])}
    keys = entities | {model["primary_entity"] for model in written["semantic_models"] if "primary_entity" in model}
    for call, name in re.findall(r"(Dimension|TimeDimension|Entity)\('(\w+)'", str(written["metrics"])):
        *path, last = name.split("__")
        assert last in (entities if call == "Entity" else {*dimensions, "metric_time"}), name
        assert set(path) <= keys, name


def test_dbt_gets_a_table_of_days(written: dict[str, list[Any]]) -> None:
    assert any(model["columns"][0]["granularity"] == "day" for model in written["models"])


def test_a_dimension_with_the_name_of_an_entity_is_renamed_and_reported() -> None:
    lists, losses = project(read_folder(MARKETING))
    assert losses["dimension campaign of campaigns"] == "is named campaign_name there: dbt has an entity with that name"
    campaigns = named(lists["semantic_models"])["campaigns"]
    assert named(campaigns["dimensions"])["campaign_name"]["expr"] == "campaign"
    assert named(campaigns["entities"])["campaign"]["expr"] == "campaign_id"


def stall(metrics: str, **more: str) -> dict[str, str]:
    """Return the stall with further metrics. Its balance is the average of its days."""
    text = STALL["stall.yml"].replace(
        "      - {name: sales, agg: count}\n",
        "      - {name: sales, agg: count}\n      - {name: stock, agg: count, additivity: semi, over_time: average}\n",
    )
    return {"stall.yml": text.replace("policies:", f"{metrics}policies:"), **more}


LEANING = """\
  - {name: stock, measure: sales.stock}
  - {name: half_stock, kind: derived, expression: stock / 2}
  - {name: quarter_stock, kind: derived, expression: half_stock / 2}
  - {name: takings_of_stocked, measure: sales.takings, where: "metric_of('stock', 'guest') > 1"}
  - {name: share_of_stocked, kind: ratio, numerator: of_stocked, denominator: takings,
     inputs: [{name: of_stocked, metric: takings, where: "metric_of('half_stock', 'guest') > 1"}, {metric: takings}]}
  - {name: twice_share, kind: derived, expression: share_of_stocked * 2}
  - {name: half_takings, kind: derived, expression: takings / 2}
"""
LOST = {"stock", "half_stock", "quarter_stock", "takings_of_stocked", "share_of_stocked", "twice_share"}


def test_dependents_of_a_left_out_metric_are_left_out_too() -> None:
    lists, losses = project(stall(LEANING))
    assert set(named(lists["metrics"])) == {"takings", "big_takings", "paid", "half_takings"}
    assert {name.removeprefix("metric ") for name, why in losses.items() if why.startswith("left out")} == LOST
    assert losses["metric quarter_stock"] == "left out: it uses half_stock, which was left out"
    assert losses["metric takings_of_stocked"] == "left out: it uses stock, which was left out"
    assert "stock" not in named(named(lists["semantic_models"])["sales"]["measures"])


@pytest.mark.parametrize("go", [export_cube, export_osi], ids=["cube", "osi"])
def test_cube_and_osi_exports_leave_them_out_too(go: Any) -> None:
    exported = go(stall(LEANING))
    lost: list[Loss] = [loss for loss in exported.losses if loss.name.startswith("metric ")]
    assert {loss.name.removeprefix("metric ") for loss in lost} == LOST
    text = "\n".join(exported.files.values())
    data = yaml.safe_load(exported.files.get("cubes/sales.yml") or exported.files["semantic_model.yml"])
    written = data["cubes"][0]["measures"] if "cubes" in data else data["semantic_model"][0]["metrics"]
    assert set(named(written)) == {"takings", "big_takings", "paid", "half_takings"}
    assert "half_stock" in text  # kept for Samepage's own import, in a place that no other tool reads


def test_a_question_for_a_metric_that_is_left_out_is_left_out_too() -> None:
    asked = (
        '{"by_stock": {"v": 1, "metrics": ["half_stock"]}, "by_town": {"v": 1, "metrics": ["paid"], "by": ["town"]}}'
    )
    lists, losses = project(stall(LEANING, **{QUESTIONS: asked}))
    assert [saved_query["name"] for saved_query in lists["saved_queries"]] == ["by_town"]
    assert losses["question by_stock"] == "left out: it asks for half_stock, which was left out"


def test_a_filter_over_dimensions_and_keys_needs_no_measure_of_its_own() -> None:
    metrics = """\
  - name: dear
    measure: sales.takings
    filter: "CASE WHEN \\"Net \\"\\"Price\\"\\"\\" > 15 THEN 'dear' ELSE 'cheap' END = 'dear'"
  - {name: known, measure: sales.takings, filter: '"user" IS NOT NULL'}
"""
    lists, _ = project(stall(metrics))
    metrics_by_name = named(lists["metrics"])
    assert metrics_by_name["dear"]["filter"] == "{{ Dimension('sale__cost_class') }} = 'dear'"
    assert metrics_by_name["known"]["filter"] == "NOT {{ Entity('guest') }} IS NULL"
    assert metrics_by_name["big_takings"]["filter"] == "{{ Dimension('sale__order') }} = 'big'"
    assert {metrics_by_name[name]["type_params"]["measure"] for name in ("dear", "known", "big_takings")} == {"takings"}
    # `Is Paid` is a column that has no name in dbt: its filter is in a measure.
    measures = named(named(lists["semantic_models"])["sales"]["measures"])
    assert [name for name in measures if "filtered" in name] == ["sales_filtered"]
    assert measures["sales_filtered"]["expr"] == 'CASE WHEN "Is Paid" THEN 1 END'


def test_a_renamed_dimension_is_asked_for_by_its_name_in_dbt() -> None:
    """A question, and a metric's filter, is exported with dbt's name, and has Samepage's name after an import."""
    text = STALL["stall.yml"].replace("{name: town, sql", "{name: guest, sql")
    metrics = "  - {name: of_oslo, measure: sales.takings, where: \"guest = 'Oslo'\"}\n"
    asked = '{"by_guest": {"v": 1, "metrics": ["takings"], "by": ["guest"]}}'
    files = {"stall.yml": text.replace("policies:", f"{metrics}policies:"), QUESTIONS: asked}
    lists, losses = project(files)
    assert losses["dimension guest of guests"] == "is named guest_name there: dbt has an entity with that name"
    assert lists["saved_queries"][0]["query_params"]["group_by"] == ["Dimension('guest__guest_name')"]
    assert named(lists["metrics"])["of_oslo"]["filter"] == "{{ Dimension('guest__guest_name') }} = 'Oslo'"
    again = import_dbt(export_dbt(files).files)
    where = again.model.metrics["of_oslo"].where
    assert where is not None
    assert where.text == "guest = 'Oslo'"
    assert again.questions["by_guest"]["by"] == ["guest"]


def test_names_that_dbt_reserves_are_renamed() -> None:
    text = STALL["stall.yml"].replace("{name: cost_class, sql", "{name: month, sql")
    metrics = "  - {name: x, measure: sales.takings}\n  - {name: twice_x, kind: derived, expression: x * 2}\n"
    lists, losses = project({"stall.yml": text.replace("policies:", f"{metrics}policies:")})
    assert losses["dimension month of sales"] == "is named month_value there: dbt reserves that name"
    assert "month_value" in named(named(lists["semantic_models"])["sales"]["dimensions"])
    assert losses["metric x"] == "left out: dbt reserves that name: rename it"
    assert losses["metric twice_x"] == "left out: it uses x, which was left out"


def test_a_metric_that_asks_through_a_role_is_left_out() -> None:
    files = dict(read_folder(SHOP))
    [main] = [file for file, text in files.items() if "name: shipping" in text]
    metrics = "metrics:\n  - {name: to_norway, measure: orders.amount, where: \"shipping__zone = 'EEA'\"}\n"
    files[main] = files[main].replace("metrics:\n", metrics, 1)
    lists, losses = project(files)
    assert losses["metric to_norway"] == "left out: zone is reached through shipping, which dbt does not join by"
    assert "to_norway" not in named(lists["metrics"])


def test_two_datasets_with_one_key_have_dimensions_of_two_names() -> None:
    more = """\
  - name: guest_notes
    table: guests
    grain: [user]
    columns: {user: string, Home Town: string}
    entities:
      - {name: guest, kind: primary, columns: [user]}
    dimensions:
      - {name: town, sql: '"Home Town"'}
"""
    files = {"stall.yml": STALL["stall.yml"].replace("  - name: days\n    table", f"{more}  - name: days\n    table")}
    lists, losses = project(files)
    why = losses["dimension town of guest_notes"]
    assert why == "is named town_of_guest_notes there: dbt allows one town for each guest"
    models = named(lists["semantic_models"])
    assert [list(named(models[name]["dimensions"])) for name in ("guests", "guest_notes")] == [
        ["town"],
        ["town_of_guest_notes"],
    ]
    again = import_dbt(export_dbt(files).files).model
    assert {dimension.dataset for dimension in again.dimensions["town"]} == {"guests", "guest_notes"}
