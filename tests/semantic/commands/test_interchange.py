"""A model exported as a dbt project is the same after an import, and the command lists what was lost."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from semantic.__main__ import main
from semantic.interop.beside import BESIDE
from semantic.interop.cube.exporting import export_cube
from semantic.interop.cube.importing import import_cube
from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.dbt.importing import QUESTIONS, import_dbt
from semantic.interop.osi.exporting import export_osi
from semantic.interop.osi.importing import import_osi
from semantic.model.definitions import Cumulative, Granularity, OverTime, Span, Validity
from semantic.model.files.yaml_text import read_yaml
from semantic.model.loading.load import parse_model, read_folder
from tests.semantic.asked import ALL_OVER, ask, columns_of
from tests.semantic.cubes import CUBE, OSI
from tests.semantic.cubes import TABLES as BAKERY
from tests.semantic.lent_books import PROJECT, RARE, TABLES
from tests.semantic.odd_columns import MODEL as ODD
from tests.semantic.odd_columns import open_stall
from tests.shop import SHOP, shop_sql

MARKETING = Path(__file__).parents[3] / "semantic" / "marketing"


ALL = ("datasets", "metrics", "segments", "calendars", "annotations")


def parts(files: Mapping[str, str], keys: Sequence[str] = ("datasets", "metrics")) -> dict[str, Any]:
    """Return datasets and metrics by name. The order of their parts doesn't matter."""
    parts: dict[str, Any] = {}
    for file, text in files.items():
        data: Any = read_yaml(text, file)[0] if file not in (QUESTIONS, BESIDE) else {}
        for key in keys:
            for one in data.get(key) or []:
                said = {"kind": "simple", **one} if key == "metrics" else one
                parts[f"{key} {one['name']}"] = {name: unordered(part) for name, part in said.items()}
    return parts


def unordered(part: Any) -> Any:
    named = isinstance(part, list) and part and all(isinstance(one, dict) and "name" in one for one in part)
    return {one["name"]: one for one in part} if named else part


@pytest.mark.parametrize("project", [PROJECT, RARE], ids=["usual", "rare"])
def test_an_imported_model_round_trips_through_an_export(project: dict[str, str]) -> None:
    first = import_dbt(project, schema="lib")
    again = import_dbt(export_dbt(first.written()).files)
    assert parts(again.written()) == parts(first.written())
    assert again.questions == first.questions
    assert again.files["model.yml"] == first.files["model.yml"]


def test_rarely_used_features_are_kept() -> None:
    imported = import_dbt(RARE, schema="lib")
    assert not [str(loss) for loss in imported.losses if "left out" in loss.why]
    model = imported.model
    stock, shelves = model.datasets["stock"], model.datasets["shelves"]
    balance = stock.measures["books_there"]
    assert (balance.additivity, balance.over_time, balance.per) == ("semi", "last", ("shelf",))
    assert shelves.validity == Validity(("shelf_id",), "holds_from", "holds_to")
    assert [partition.name for partition in (*stock.partitions, *shelves.partitions)] == ["branch", "branch"]
    most = stock.measures["most_books"]
    assert (most.agg, most.percentile, most.discrete) == ("percentile", 0.9, True)
    assert [period.name for table in model.calendars.values() for period in table.periods] == ["term"]
    assert model.settings.spine == "days.days_day"
    metrics = model.metrics
    assert metrics["full_shelves"].where is not None
    assert metrics["full_shelves"].where.text == "metric_of('most_books', 'shelf') > 10 AND room = 'hall'"
    assert [use.offset_to for use in metrics["growth_in_month"].uses] == [None, "month"]
    assert metrics["rolling_counts"].cumulative == Cumulative(Span(3, Granularity.MONTH), None, OverTime.AVERAGE)
    assert (metrics["usual_books"].grain, metrics["most_books"].every_period) == ("month", True)


@pytest.mark.parametrize("model", [MARKETING, SHOP], ids=["marketing", "shop"])
def test_a_models_datasets_and_metrics_round_trip_through_dbt(model: Path) -> None:
    files = read_folder(model)
    exported = export_dbt(files)
    again = parts(import_dbt(exported.files).files)
    ours = parts(files)
    for dataset in parse_model(files).datasets.values():  # the parts of names come back as dimensions of their own
        for dimension in dataset.dimensions.values():
            if dimension.read_from:
                assert again[f"datasets {dataset.name}"]["dimensions"].pop(dimension.name)["sql"]
    lost = {loss.name for loss in exported.losses if loss.why.startswith("left out")}
    kept_parts = {name: part for name, part in ours.items() if name.replace("metrics ", "metric ") not in lost}
    for part in kept_parts.values():
        part.pop("domain", None)  # dbt has no domains, so everything is in the core after an import
    assert {name: again.get(name) for name in kept_parts} == kept_parts
    assert len(kept_parts) > 0.9 * len(ours)


def test_features_that_dbt_lacks_are_listed() -> None:
    texts = [str(loss) for loss in export_dbt(read_folder(MARKETING)).losses]
    for wanted in (
        "ad_spend.yml: dataset ad_spend: the entity fx_rate has 2 columns, and dbt joins by one",
        "segments.yml: segment plus_members: dbt has no equivalent, so this is left out",
        "policies.yml: policy all_markets: dbt does not define who sees what, so this is left out",
    ):
        assert wanted in texts, [name for name in texts if name.split(":")[0] == wanted.split(":")[0]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        (tmp_path / "models").mkdir(exist_ok=True)
        (tmp_path / "models" / name).write_text(text)
    return tmp_path


def test_the_command_imports_and_exports(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect(project / "library.duckdb") as connection:
        connection.execute(TABLES)
    asked = ["interchange", "import", "dbt", str(project / "models"), "--out", str(project / "model")]
    assert main([*asked, "--connect", str(project / "library.duckdb"), "--schema", "lib"]) == 0
    out, err = capsys.readouterr()
    assert "- models.yml: semantic model visits: it has no key column" in out
    assert "guessed" not in out
    assert err.startswith(f"{project / 'model'}: 9 files. Not converted: ")
    assert main(["check", "--model", str(project / "model")]) == 0
    question = '{"metrics":["fees"],"by":["book__genre"]}'
    places = ["--model", str(project / "model"), "--data", str(project / "library.duckdb")]
    capsys.readouterr()
    assert main(["ask", question, *places, "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["novel,10", "poems,4", "(none),1"]
    assert main(["interchange", "export", "dbt", str(project / "model"), "--out", str(project / "back")]) == 0
    assert sorted(path.name for path in (project / "back").iterdir()) == [
        "metrics.yml",
        "models.yml",
        "saved_queries.yml",
        "semantic_models.yml",
    ]


def test_existing_files_are_not_overwritten(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(SHOP, project / "model")
    assert main(["interchange", "import", "dbt", str(project / "models"), "--out", str(project / "model")]) == 1
    assert "isn't empty" in capsys.readouterr().err


def test_an_unreachable_database_is_reported(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["interchange", "import", "dbt", str(project / "models"), "--out", str(project / "model")]
    assert main([*asked, "--connect", str(project / "nowhere.duckdb")]) == 1
    assert capsys.readouterr().err
    assert not (project / "model").exists()
    assert main(["interchange", "import", "nothing", "x", "--out", "y"]) == 2


ALL_WAYS: dict[str, Any] = {
    "dbt": (import_dbt, export_dbt),
    "cube": (import_cube, export_cube),
    "osi": (import_osi, export_osi),
}


@pytest.mark.parametrize("form", list(ALL_WAYS))
def test_columns_that_need_quotes_round_trip(form: str) -> None:
    come, go = ALL_WAYS[form]
    again = come(go(ODD).files)
    assert parts(again.files) == parts(ODD)


@pytest.mark.parametrize("form", list(ALL_WAYS))
def test_other_tools_read_columns_that_need_quotes_as_sql(form: str) -> None:
    """The columns are found without Samepage's own notes: 10 and 20 in January and 40 in February, all but the
    20 big.
    """
    come, go = ALL_WAYS[form]
    texts = {file: text for file, text in go(ODD).files.items() if file.endswith(".yml")}
    bare = {file: yaml.safe_dump(without_notes(yaml.safe_load(text))) for file, text in texts.items()}
    with open_stall() as stall:
        imported = come(bare, columns=columns_of(stall))
        model = imported.model
        assert not [str(loss) for loss in imported.losses if "left out" in loss.why]
        assert ask(model, stall, {"metrics": ["takings", "big_takings", "paid"]}) == [(70, 50, 1)]
        for by, rows in (
            ("town", [("Bergen", 40), ("Oslo", 30)]),
            ("order_name" if "order_name" in model.dimensions else "order", [("big", 50), ("tiny", 20)]),
            ("cost_class", [("cheap", 10), ("dear", 60)]),
        ):
            assert ask(model, stall, {"metrics": ["takings"], "by": [{"dim": by}]}) == rows
        by_month = [{"dim": "date", "grain": "month"}]
        rows = ask(model, stall, {"metrics": ["takings"], "by": by_month})
        assert [(f"{month:%m}", value) for month, value in rows] == [("01", 30), ("02", 40)]


def test_a_table_of_days_with_a_capital_round_trips_through_dbt() -> None:
    [spine] = yaml.safe_load(export_dbt(ODD).files["models.yml"])["models"]
    assert spine["time_spine"] == {"standard_granularity_column": '"Day"'}
    assert spine["columns"] == [{"name": '"Day"', "granularity": "day"}]
    again = import_dbt(export_dbt(ODD).files).model
    assert again.settings.spine == "days.spine_day"
    bare = {"models.yml": yaml.safe_dump({"models": [without_notes(spine)]})}
    read = import_dbt({**PROJECT, "more.yml": bare["models.yml"]}).model
    assert read.settings.spine == "days.days_day"
    assert read.datasets["days"].dimensions["days_day"].sql.columns == ("Day",)


WAYS = {"cube": (import_cube, export_cube), "osi": (import_osi, export_osi)}
FIRST = {"cube": CUBE, "osi": OSI}


@pytest.mark.parametrize("form", ["cube", "osi"])
def test_an_imported_model_round_trips(form: str) -> None:
    come, go = WAYS[form]
    first = come(FIRST[form])
    again = come(go(first.files).files)
    assert parts(again.files, ALL) == parts(first.files, ALL)
    assert again.files["model.yml"] == first.files["model.yml"]
    assert again.files[BESIDE] == first.files[BESIDE]


@pytest.mark.parametrize("form", ["cube", "osi"])
@pytest.mark.parametrize("model", [MARKETING, SHOP], ids=["marketing", "shop"])
def test_a_whole_model_round_trips(form: str, model: Path) -> None:
    come, go = WAYS[form]
    files = read_folder(model)
    exported = go(files)
    again = come(exported.files).files
    assert parts(again, ALL) == parts(files, ALL)
    assert all(
        loss.file and loss.why for loss in exported.losses if loss.name.split()[0] in ("metric", "dataset", "policy")
    )


@pytest.mark.parametrize("form", ["cube", "osi"])
def test_numbers_are_the_same_without_samepages_own_notes(form: str) -> None:
    """An export without Samepage's own notes, as another tool reads it, gives the shop's numbers."""
    come, go = WAYS[form]
    bare = {file: without_notes(yaml.safe_load(text)) for file, text in go(read_folder(SHOP)).files.items()}
    with duckdb.connect() as shop:
        shop.execute(shop_sql())
        model = come({file: yaml.safe_dump(data) for file, data in bare.items()}, columns=columns_of(shop)).model
        metrics = ["revenue", "order_count", "large_orders", "buyers", "median_order", "cpc"]
        [truth] = shop.sql("""
            SELECT SUM(amount), COUNT(*), SUM(CASE WHEN amount >= 1000 THEN 1 ELSE 0 END), COUNT(DISTINCT customer_id),
                MEDIAN(amount), (SELECT SUM(cost) / SUM(clicks) FROM ads)
            FROM orders WHERE NOT is_test
        """).fetchall()
        [row] = ask(model, shop, {"metrics": metrics}, today=ALL_OVER)
        assert [float(one) for one in row] == pytest.approx([float(one) for one in truth])
        assert ("profit" in model.metrics) == (form == "osi")  # it spans orders and ads, which Cube doesn't join


def test_a_formula_that_cube_would_count_differently_is_not_exported() -> None:
    """Cube joins the cubes of a formula.

    Without a cube that reaches all of them, there is no answer, or rows are lost.
    """
    said = {loss.name: loss.why for loss in export_cube(read_folder(MARKETING)).losses}
    assert said["metric roas"].startswith("Cube has no join path from orders to ad_spend")
    assert said["metric refund_rate_period"].startswith("Cube would count only those rows of orders that a row of re")


NOTES = ("meta", "config", "custom_extensions")


def without_notes(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            key: without_notes(value)
            for key, value in data.items()
            if key not in ("meta", "config", "custom_extensions")
        }
    return [without_notes(item) for item in data] if isinstance(data, list) else data


@pytest.mark.parametrize(("form", "written"), [("cube", "cubes"), ("osi", "semantic_model.yml")])
def test_the_command_imports_and_exports_cube_and_osi(
    form: str, written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(tmp_path / "data.duckdb") as connection:
        connection.execute(BAKERY)
    (tmp_path / "theirs").mkdir()
    for name, text in FIRST[form].items():
        (tmp_path / "theirs" / name).write_text(text)
    asked = ["interchange", "import", form, str(tmp_path / "theirs"), "--out", str(tmp_path / "model")]
    assert main([*asked, "--connect", str(tmp_path / "data.duckdb")]) == 0
    out, err = capsys.readouterr()
    assert "left out" in out
    assert "Not converted: " in err
    assert main(["check", "--model", str(tmp_path / "model")]) == 0
    assert main(["interchange", "export", form, str(tmp_path / "model"), "--out", str(tmp_path / "back")]) == 0
    assert (tmp_path / "back" / written).exists()
