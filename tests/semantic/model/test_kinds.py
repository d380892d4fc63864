"""Every kind of metric is complete and every form is computed. A new kind needs only its own file and one line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from semantic.config.settings import Settings
from semantic.display.words.metrics import formula
from semantic.interop.cube.exporting import export_cube
from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.imported import ExportedModel
from semantic.interop.osi.exporting import export_osi
from semantic.model.amounts import amounts_in
from semantic.model.definitions import Form
from semantic.model.kinds import KINDS
from semantic.model.loading.load import read_folder
from semantic.model.loading.schema import MetricDoc
from semantic.policy.actor import Actor
from semantic.query.query import Query
from tests.copies import copy_shop
from tests.shop import SHOP, ShopWorkspace

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> ShopWorkspace:
    """The shop, with the example metric of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    model = Path(shutil.copytree(SHOP, folder / "model"))
    examples = "\n".join(f"  - {kind.example}" for kind in KINDS.values())
    (model / "examples.yml").write_text(f"metrics:\n{examples}\n", encoding="utf-8")
    settings = Settings(data=str(copy_shop(folder / "shop.duckdb")), model=model, mask_key="a key of the tests")
    workspace = ShopWorkspace.open(settings)
    assert isinstance(workspace, ShopWorkspace)
    return workspace


def named(example: str) -> str:
    match = re.match(r"\{name: (\w+),", example)
    assert match, example
    return match[1]


@pytest.mark.parametrize("name", KINDS)
def test_the_example_of_a_kind_is_of_that_kind_and_has_a_number(name: str, asked: ShopWorkspace) -> None:
    kind = KINDS[name]
    actor = Actor(id="ada", roles=frozenset({"steward"}))
    metric = asked.visible(actor).metric(named(kind.example))
    assert metric.kind == name
    (row,) = asked.ask(Query(metrics=(metric.name,)), actor).rows()
    assert row[metric.name] is not None
    assert formula(metric, {text: text for text in asked.model.metrics}, asked.model)
    assert kind.called(metric, asked.model)
    assert kind.group(metric, asked.model)


def test_there_is_a_kind_for_each_form_and_each_is_computed(asked: ShopWorkspace) -> None:
    """The planner, the SQL of formulas and currencies each distinguish all forms.

    A form without a kind isn't tested.
    """
    metrics = [asked.model.metrics[named(kind.example)] for kind in KINDS.values()]
    untried = {*Form} - {metric.form for metric in metrics}
    assert not untried, f"No kind of metric has the form {', '.join(untried)}: nothing tries how it is computed."
    for metric in metrics:
        assert amounts_in(metric, asked.model) in (-1, 0, 1)


@pytest.mark.parametrize(
    ("export", "how"), [(export_dbt, "type_params"), (export_cube, "type"), (export_osi, "expression")]
)
@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_exported_completely_or_listed_as_a_loss(
    name: str, export: Callable[[Mapping[str, str]], ExportedModel], how: str, asked: ShopWorkspace
) -> None:
    metric = named(KINDS[name].example)
    made = export(read_folder(asked.settings.model))
    lost = [loss.why for loss in made.losses if loss.name == f"metric {metric}"]
    texts = [text for file, text in made.files.items() if file.endswith((".yml", ".yaml"))]
    written = [
        definition
        for text in texts
        for definition in definitions_in(yaml.safe_load(text))
        if definition.get("name") == metric
    ]
    assert lost or any(definition.get(how) for definition in written), f"{metric} is neither exported nor left out."


def definitions_in(data: Any) -> Iterator[dict[str, Any]]:  # Any: YAML
    """Yield every object in a file, at any depth."""
    if isinstance(data, dict):
        yield data
    for one in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from definitions_in(one)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_knows_its_keys(name: str) -> None:
    kind = KINDS[name]
    keys = set(kind.keys.model_fields)
    assert {*kind.needs, *kind.names, *kind.words} <= keys <= set(MetricDoc.model_fields)
    assert kind.means[0].islower()
    assert not kind.means.endswith(".")


# A kind that the product doesn't have: how much a metric has grown. It's 0.5 if 100 became 150.

GROWTH = '''"""The kind `growth`: by how much a metric has grown."""

from __future__ import annotations

from semantic.model.definitions import Input, Metric
from semantic.model.files.doc import Doc, Name
from semantic.model.expression import parse_expression
from semantic.model.kinds.kind import Kind, Wording
from semantic.model.kinds.reading import Reading, of_others
from semantic.model.model import Model


class GrowthKeys(Doc):
    growth_of: Name | None = None
    since: str | None = None


def _read(doc: GrowthKeys, reading: Reading) -> dict[str, object]:
    name = doc.growth_of or ""
    uses = (Input("now", name), Input("before", name, offset=reading.offset("since", doc.since or "1 month")))
    return {"expression": parse_expression("(now - before) / before")} | of_others(uses)


def _formula(metric: Metric, words: Wording) -> str:
    return f"growth of {words.label(metric.inputs[0])} since {metric.uses[1].offset.words} before"


def _called(metric: Metric, model: Model) -> str:
    return "Growth"


GROWTH = Kind(
    name="growth",
    title="Growth",
    means="by how much a metric has grown since some time before",
    example="{name: revenue_growth, kind: growth, growth_of: revenue, since: 1 month}",
    keys=GrowthKeys,
    needs=("growth_of",),
    names={"growth_of": "metric"},
    words={"growth_of": "Grows", "since": "Grows since"},
    every_period=False,
    read=_read,
    formula=_formula,
    called=_called,
    group=_called,
    searched=lambda metric, model: ("increase",),
)
'''

MODEL = """
model: {name: Trial, time_zone: UTC}
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    time: day
    begins: 2026-01-01
    columns: {order_id: integer, day: date, amount: "decimal(18,2)"}
    dimensions: [{name: day, kind: time}]
    measures: [{name: amount, agg: sum, sql: amount}]
metrics:
  - {name: revenue, measure: orders.amount, unit: EUR, format: money}
  - {name: revenue_growth, label: How we grow, kind: growth, growth_of: revenue, since: 1 month, format: share}
policies:
  - {name: all, who: {roles: [administrator]}, grant: {metrics: all, dimensions: all}, whole: all}
"""

# By month: 100, 150, 120.
ROWS = "(1, '2026-01-10', 60), (2, '2026-01-31', 40), (3, '2026-02-14', 150), (4, '2026-03-31', 120)"

ASKED = """
import json, sys, yaml
from itertools import chain
from datetime import date
from pathlib import Path
from semantic.interop.dbt.exporting import export_dbt
from semantic.display.words.metrics import formula
from semantic.model.editing.completion import complete
from semantic.model.editing.object_text import DOCS
from semantic.model.editing.object_words import field_changes
from semantic.model.editing.objects import ObjectKind
from semantic.model.loading.load import parse_model
from semantic.model.loading.schema import json_schema
from semantic.errors import ModelError
from semantic.plan.measures.kind_names import special_kind
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json
from semantic.explore.search import search
from semantic.config.settings import Settings
from semantic.workspace import Workspace

class Trial(Workspace):
    def today(self): return date(2026, 4, 1)

folder = Path(sys.argv[1])
workspace = Trial.open(Settings(data=str(folder / "trial.duckdb"), model=folder / "model", mask_key="k"))
actor = Actor(id="ada", roles=frozenset({"administrator"}))
seen = workspace.visible(actor)
metric = seen.metric("revenue_growth")
query = query_from_json(json.dumps({"metrics": ["revenue", "revenue_growth"],
    "by": [{"dim": "date", "grain": "month"}], "time": {"from": "2026-01-01", "to": "2026-03-31"}}))
doc = DOCS[ObjectKind.METRIC]
before = doc(name="g", kind="growth", growth_of="revenue", since="1 month")
after = doc(name="g", kind="growth", growth_of="revenue", since="1 year")
text = (folder / "model" / "model.yml").read_text()
try:
    parse_model({"model.yml": text.replace("growth_of: revenue, since", "window: 1 day, since")})
    problems = []
except ModelError as error:
    problems = [one.message for one in error.problems]
exported = export_dbt({"model.yml": text})
written = [one for one in chain.from_iterable(map(yaml.safe_load_all, exported.files.values())) if "metrics" in one]
print(json.dumps({
    "rows": [[str(row["date_month"])[:10], float(row["revenue"]), row["revenue_growth"]]
             for row in workspace.ask(query, actor).rows()],
    "formula": formula(metric, {one.name: one.label for one in seen.metrics}, seen.model),
    "kind": special_kind(metric, seen.model),
    "found": [one.name for one in search(seen, "increase")][:1],
    "kinds": json_schema()["$defs"]["MetricDoc"]["properties"]["kind"]["enum"],
    "offered": [one.text for one in complete(ObjectKind.METRIC, "growth_of: ", 1, 11, seen.model).candidates],
    "changes": [one.words for one in field_changes(ObjectKind.METRIC, before, after, ({}, {}))],
    "problems": sorted(problems)[:2],
    "exported": [metric["type"] for one in written for metric in one["metrics"] if metric["name"] == "revenue_growth"],
}))
"""


def test_a_new_kind_needs_its_file_and_one_line(tmp_path: Path) -> None:
    product = tmp_path / "product"
    shutil.copytree(ROOT / "semantic", product / "semantic", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "connectors", product / "connectors", ignore=shutil.ignore_patterns("__pycache__"))
    kinds = product / "semantic" / "model" / "kinds"
    (kinds / "growth.py").write_text(GROWTH, encoding="utf-8")
    table = (kinds / "__init__.py").read_text(encoding="utf-8")
    assert table.count("for kind in (") == 1, "The trial kind is put first in KINDS; fix where that is, in this test."
    table = table.replace("for kind in (", "for kind in (GROWTH, ")
    table = table.replace("\nfrom semantic.model.kinds.kind", "\nfrom semantic.model.kinds.growth import GROWTH\\g", 1)
    table = table.replace("GROWTH\\g", "GROWTH\nfrom semantic.model.kinds.kind", 1)
    (kinds / "__init__.py").write_text(table, encoding="utf-8")
    assert answers(product, tmp_path) == {
        "rows": [["2026-01-01", 100, None], ["2026-02-01", 150, 0.5], ["2026-03-01", 120, pytest.approx(-0.2)]],
        "formula": "growth of Revenue since 1 month before",
        "kind": "Growth",
        "found": ["revenue_growth"],
        "kinds": ["growth", *KINDS],
        "offered": ["revenue", "revenue_growth"],
        "changes": ["Grows since: 1 month → 1 year"],
        "problems": [
            "The growth metric 'revenue_growth' can't have `window:`.",
            "The growth metric 'revenue_growth' needs `growth_of:`.",
        ],
        "exported": ["derived"],
    }


def answers(product: Path, folder: Path) -> dict[str, Any]:  # Any: JSON
    """Return what a copy of the product reports about the trial model."""
    (folder / "model").mkdir()
    (folder / "model" / "model.yml").write_text(MODEL, encoding="utf-8")
    make = f"CREATE TABLE orders AS SELECT * FROM (VALUES {ROWS}) AS t(order_id, day, amount)"
    make = make.replace("SELECT *", "SELECT order_id, day::DATE AS day, amount::DECIMAL(18,2) AS amount")
    build = f"import duckdb; duckdb.connect({str(folder / 'trial.duckdb')!r}).execute({make!r})"
    environment = {**os.environ, "PYTHONPATH": str(product)}
    for script in ([build], [ASKED, str(folder)]):
        made = subprocess.run(
            [sys.executable, "-c", *script], cwd=product, env=environment, capture_output=True, text=True, check=False
        )
        assert not made.returncode, made.stderr
    answers: dict[str, Any] = json.loads(made.stdout)
    return answers
