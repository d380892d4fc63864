"""A cached model is the same model at the next start, and any other content of the cache is ignored."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path

import orjson
import pytest

from semantic.config.settings import MARKETING_MODEL, Settings, SettingsError, load_settings
from semantic.errors import ModelError
from semantic.explore.preflight import preflight
from semantic.model.expression import Expression, ExpressionError, ExpressionKind, parse_expression
from semantic.model.loading.load import parse_model, read_folder
from semantic.model.loading.stored import Misfit, model_from_plain, model_to_plain
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.query import Breakdown, Query
from semantic.run import model_cache
from semantic.run.model_cache import open_model
from semantic.sql.dialects.table import find_dialect
from semantic.workspace import Workspace
from tests.bench.big_model import big_model
from tests.copies import copy_shop
from tests.shop import SHOP, TODAY
from tests.waiting import STUCK

MODELS = ("shop", "kinds", "hops", "marketing", "big")
PLACES = {
    "shop": SHOP,
    "kinds": SHOP.parent / "kinds" / "model",
    "hops": SHOP.parent / "hops" / "model",
    "marketing": MARKETING_MODEL,
}


@pytest.fixture(scope="module", params=MODELS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param in PLACES:
        return PLACES[request.param]
    return write(tmp_path_factory.mktemp("big"), big_model(40, 10, 400))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the shop's model, which a test can change."""
    (tmp_path / "model").mkdir()
    return write(tmp_path / "model", read_folder(SHOP))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of files that each load of a model parsed. A load from the cache parses none."""
    seen: list[int] = []
    parse = model_cache.parse_files

    def counted(files: Mapping[str, str]) -> object:
        seen.append(len(files))
        return parse(files)

    monkeypatch.setattr(model_cache, "parse_files", counted)
    return seen


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def spelled(value: object) -> object:
    """Return everything in an object as text, including the trees of its expressions and the types of its
    containers.
    """
    match value:
        case Expression():
            return "expression", value.kind, value.text, value.columns, value.placeholders, repr(value.tree)
        case Mapping():
            return type(value).__name__, [(name, spelled(each_value)) for name, each_value in value.items()]
        case list() | tuple():
            return type(value).__name__, [spelled(item) for item in value]
        case _ if is_dataclass(value):
            names = [field.name for field in fields(value) if field.name not in ("memo", "_paths")]
            return type(value).__name__, [(name, spelled(getattr(value, name))) for name in names]
        case _:
            return type(value).__name__, value


def kept_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_the_cached_model_is_the_same_in_every_part(folder: Path, tmp_path: Path, parsed: list[int]) -> None:
    first, people = open_model(folder, tmp_path)
    second, others = open_model(folder, tmp_path)
    assert len(parsed) == 1
    expected = parse_model(read_folder(folder))
    assert len(expected.metrics) > 3
    for model in (first, second):
        assert model == expected
        assert spelled(model) == spelled(expected)
        for name in expected.datasets:
            assert spelled(model.joins.paths(name)) == spelled(expected.joins.paths(name))
    assert spelled(people) == spelled(others) == spelled(read_people(read_folder(folder)))


def test_a_cached_model_is_immutable(tmp_path: Path) -> None:
    open_model(SHOP, tmp_path)
    model, people = open_model(SHOP, tmp_path)
    dataset = next(iter(model.datasets.values()))
    for mapping in (model.datasets, model.metrics, model.dimensions, dataset.columns, dataset.measures, people):
        with pytest.raises(TypeError):
            mapping["more"] = None  # type: ignore[index]


def test_a_question_has_the_same_sql_and_the_same_refusals(folder: Path, tmp_path: Path) -> None:
    open_model(folder, tmp_path)
    kept_model, people = open_model(folder, tmp_path)
    fresh, dialect, chance = parse_model(read_folder(folder)), find_dialect("duckdb"), random.Random(4)
    actor = next(iter(people.values()), Actor(id="chief", roles=frozenset({"viewer"})))

    def told(model: Model, query: Query) -> object:
        found_preflight = preflight(query, narrow(model, actor), dialect, today=TODAY)
        sql = found_preflight.compiled.legs if found_preflight.compiled else ()
        why = [(unavailable.dimension.name, unavailable.reason) for unavailable in found_preflight.unavailable]
        return sql, str(found_preflight.error), found_preflight.repairs, found_preflight.available, why

    refused = 0
    for _ in range(12):
        metrics = chance.sample(sorted(fresh.metrics), 2)
        query = Query(metrics=tuple(metrics), by=(Breakdown(chance.choice(sorted(fresh.dimensions))),))
        assert told(kept_model, query) == told(fresh, query)
        refused += "None" not in str(told(kept_model, query)[1])  # type: ignore[index]
    assert refused


def test_a_lazily_read_expression_is_the_same() -> None:
    rule = Expression("market IN (:markets)", None, ("market",), ("markets",), ExpressionKind.RULE)
    assert rule.tree == parse_expression("market IN (:markets)", placeholders=True).tree
    assert rule.tree is rule.tree
    assert Expression("a / b", None, ("a", "b")).tree.sql() == "a / NULLIF(b, 0)"
    with pytest.raises(ExpressionError, match="PLACEHOLDER"):
        _ = Expression("market IN (:markets)", None, ("market",)).tree
    view = Expression("SELECT a FROM t", None, (), (), ExpressionKind.VIEW)
    assert view.tree.sql() == "SELECT a FROM t"
    with pytest.raises(ExpressionError):
        _ = Expression("SELECT a FROM t", None, ()).tree
    condition = Expression("metric_of('orders', 'customer') > 2", None, (), (), ExpressionKind.CONDITION)
    assert "METRIC_OF" in condition.tree.sql().upper()


# Entries that don't count


def other_files(kept: Path, _: Path) -> None:
    """Save another model's entry under this model's name."""
    elsewhere = kept.parent.parent / "elsewhere"
    open_model(PLACES["hops"], elsewhere)
    kept.write_bytes(kept_file(elsewhere).read_bytes())


def signed(kept: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Save a changed body with a matching first line, which only an attacker would write."""
    head, _, body = kept.read_bytes().partition(b"\n")
    changed = orjson.dumps(change(orjson.loads(body)))
    first = orjson.loads(head) | {"model": hashlib.sha256(changed).hexdigest()}
    kept.write_bytes(orjson.dumps(first) + b"\n" + changed)


def with_head(change: Mapping[str, str]) -> Callable[[Path, Path], None]:
    def write_it(kept: Path, _folder: Path) -> None:
        head, _, body = kept.read_bytes().partition(b"\n")
        kept.write_bytes(orjson.dumps(orjson.loads(head) | change) + b"\n" + body)

    return write_it


BAD: dict[str, Callable[[Path, Path], object]] = {
    "missing": lambda kept, _: kept.unlink(),
    "empty": lambda kept, _: kept.write_bytes(b""),
    "its first line": lambda kept, _: kept.write_bytes(kept.read_bytes().partition(b"\n")[0]),
    "cut in the first line": lambda kept, _: kept.write_bytes(kept.read_bytes()[:40]),
    "cut in the middle": lambda kept, _: kept.write_bytes(kept.read_bytes()[:5_000]),
    "cut by one letter": lambda kept, _: kept.write_bytes(kept.read_bytes()[:-1]),
    "longer by one letter": lambda kept, _: kept.write_bytes(kept.read_bytes() + b"\n"),
    "edited by hand": lambda kept, _: kept.write_bytes(kept.read_bytes().replace(b'"sum"', b'"max"', 1)),
    "a picture": lambda kept, _: kept.write_bytes(b"\x89PNG\r\n\x1a\n" * 100),
    "a folder": lambda kept, _: (kept.unlink(), kept.mkdir()),
    "of other files": other_files,
    "of older code": with_head({"code": "0" * 64}),
    "of one file less": with_head({"files": "0" * 64}),
    "a list": lambda kept, _: signed(kept, lambda data: [data]),
    "no people": lambda kept, _: signed(kept, lambda data: {"model": data["model"]}),
    "one key more": lambda kept, _: signed(kept, lambda data: data | {"more": 1}),
    "people of another shape": lambda kept, _: signed(kept, lambda data: data | {"people": [{"id": "x"}]}),
    "a person with a role that is none": lambda kept, _: signed(
        kept, lambda data: data | {"people": [{"id": "x", "name": "X", "roles": ["owner"]}]}
    ),
    "a model of another shape": lambda kept, _: signed(kept, lambda data: data | {"model": {"model": []}}),
    "a number too large": lambda kept, _: signed(kept, lambda data: data | {"model": 2**63}),
}


@pytest.mark.parametrize("how", BAD)
def test_a_damaged_cache_entry_counts_as_missing(how: str, tmp_path: Path, parsed: list[int]) -> None:
    place = tmp_path / "kept"
    expected, _ = open_model(SHOP, place)
    BAD[how](kept_file(place), tmp_path)
    parsed.clear()
    model, people = open_model(SHOP, place)
    assert len(parsed) == 1, "the model was not read from its files"
    assert spelled(model) == spelled(expected)
    assert set(people) == set(read_people(read_folder(SHOP)))
    if how != "a folder":  # a cache file can't take the place of a folder
        open_model(SHOP, place)
        assert len(parsed) == 1, "what was kept was not written anew"


def test_a_value_of_another_type_anywhere_is_refused() -> None:
    text = orjson.dumps(model_to_plain(parse_model(read_folder(SHOP))))
    assert spelled(model_from_plain(orjson.loads(text))) == spelled(parse_model(read_folder(SHOP)))
    places = list(paths_in(orjson.loads(text)))
    assert len(places) > 5_000
    for place in random.Random(8).sample(places, 400):
        data = orjson.loads(text)
        inside = data
        for step in place[:-1]:
            inside = inside[step]
        # A mapping is replaced by a number, and anything else by a mapping, so the type is always wrong.
        inside[place[-1]] = 7 if isinstance(inside[place[-1]], dict) else {"x": []}
        with pytest.raises(Misfit):
            model_from_plain(data)


def paths_in(data: object, here: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path for step, one in inside for path in ((*here, step), *paths_in(one, (*here, step)))]


@pytest.mark.parametrize("number", [-1, 10_000, True, 1.0, "1", None])
def test_the_number_of_a_missing_expression_is_refused(number: object) -> None:
    data = orjson.loads(orjson.dumps(model_to_plain(parse_model({"m.yml": big_model(8, 1, 4)["markets.yml"]}))))
    datasets = data["model"][3]
    assert datasets[0][0] == "Dataset"
    measure = next(one for one in datasets[0] if isinstance(one, dict) and "m0" in one)["m0"]
    place = [index for index, one in enumerate(measure) if type(one) is int][1]  # after its line: the expression
    assert data["expressions"][measure[place]][1] == "amount_0"
    measure[place] = number
    if number is not None:  # a count has no expression, so it has none here
        with pytest.raises(Misfit):
            model_from_plain(data)


# Changes that count


def test_a_changed_file_is_read(own: Path, tmp_path: Path, parsed: list[int]) -> None:
    path = tmp_path / "kept"
    before, _ = open_model(own, path)
    file = own / "kinds.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("label: Revenue so far", "label: All there was"), encoding="utf-8")
    after, _ = open_model(own, path)
    assert len(parsed) == 2
    assert after.version != before.version
    assert (before.metrics["revenue_ever"].label, after.metrics["revenue_ever"].label) == (
        "Revenue so far",
        "All there was",
    )
    file.write_text(text, encoding="utf-8")
    again, _ = open_model(own, path)
    assert len(parsed) == 2
    assert spelled(again) == spelled(before)


def test_a_renamed_or_removed_file_is_noticed(own: Path, tmp_path: Path, parsed: list[int]) -> None:
    open_model(own, tmp_path / "kept")
    file = next(iter(sorted(own.rglob("*.yml"))))
    file.rename(file.with_name("zz.yml"))
    model, _ = open_model(own, tmp_path / "kept")
    assert len(parsed) == 2
    assert "zz.yml" in {one.file for one in (*model.datasets.values(), *model.metrics.values(), *model.policies)}


def test_problems_are_reported_as_usual_and_a_broken_model_is_not_cached(own: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    open_model(own, path)
    (own / "more.yml").write_text("metrics: [{name: lost, measure: nowhere.at_all}, {name: Odd}]\n", encoding="utf-8")
    with pytest.raises(ModelError) as expected:
        parse_model(read_folder(own))
    for _ in range(2):
        with pytest.raises(ModelError) as raised:
            open_model(own, path)
        assert raised.value.problems == expected.value.problems
    assert len(list(path.iterdir())) == 1


def test_duplicate_person_ids_are_reported_and_not_cached(own: Path, tmp_path: Path) -> None:
    (own / "twins.yml").write_text("people: [{id: steward, name: Other, roles: [viewer]}]\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ModelError, match="Two people have the id 'steward'"):
            open_model(own, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_changed_code_reads_the_files_again(tmp_path: Path, parsed: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("one", "one", "other", "one"):
        monkeypatch.setattr(model_cache, "_code_version", lambda version=version: version)
        open_model(SHOP, tmp_path)
    assert len(parsed) == 2


def test_unreadable_code_disables_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cache, "_CODE", tmp_path)
    monkeypatch.setattr(model_cache, "_code_version", model_cache._code_version.__wrapped__)
    assert model_cache._code_version() == ""
    model, _ = open_model(SHOP, tmp_path / "kept")
    assert model.metrics
    assert not (tmp_path / "kept").exists()


def test_a_model_that_json_cannot_represent_is_not_cached(own: Path, tmp_path: Path) -> None:
    mask = "masks: [{dimension: country, kind: bucket, width: 99999999999999999999}]"
    number = "{name: shelf, kind: categorical, sql: amount}"
    text = f"""
datasets:
  - {{name: wide, table: wide, grain: [id], columns: {{id: integer, amount: integer}}, dimensions: [{number}]}}
policies: [{{name: wide, who: {{roles: [viewer]}}, {mask.replace("country", "shelf")}}}]
"""
    (own / "wide.yml").write_text(text, encoding="utf-8")
    model, _ = open_model(own, tmp_path / "kept")
    assert [policy.masks[0].width for policy in model.policies if policy.name == "wide"] == [99999999999999999999]
    assert not (tmp_path / "kept").exists()


# Where it is kept


def test_an_unwritable_cache_is_not_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert open_model(SHOP, tmp_path / "file" / "kept")[0].metrics

    def refused(**_: object) -> tuple[int, str]:
        raise PermissionError("read-only")

    monkeypatch.setattr(tempfile, "mkstemp", refused)
    assert open_model(SHOP, tmp_path / "kept")[0].metrics
    assert not list((tmp_path / "kept").iterdir())


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object, __: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert open_model(SHOP, tmp_path)[0].metrics
    assert not list(tmp_path.iterdir())


def test_the_last_eight_entries_are_kept_and_nothing_else_is_touched(own: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.mkdir()
    (path / "notes.json").write_text("mine", encoding="utf-8")
    for number in range(model_cache.MOST_KEPT + 3):
        (own / "more.yml").write_text(f"# {number}\n", encoding="utf-8")
        open_model(own, path)
    assert len(list(path.glob("model-*.json"))) == model_cache.MOST_KEPT
    assert (path / "notes.json").read_text(encoding="utf-8") == "mine"


def test_only_the_owner_can_read_the_cache(tmp_path: Path) -> None:
    open_model(SHOP, tmp_path)
    assert kept_file(tmp_path).stat().st_mode & 0o077 == 0


WRITES = """
import sys
from pathlib import Path
from semantic.run.model_cache import open_model
folder, kept = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(12):
    for one in kept.glob("model-*.json"):
        one.unlink(missing_ok=True)
    model, people = open_model(folder, kept)
    print(model.version, len(model.metrics), len(people), flush=True)
"""


def test_processes_that_write_at_the_same_time_all_get_the_whole_model(tmp_path: Path) -> None:
    model, people = open_model(PLACES["hops"])
    command = [sys.executable, "-c", WRITES, str(PLACES["hops"]), str(tmp_path)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    told = [process.communicate("go\n", timeout=STUCK) for process in running]
    for printed, wrong in told:
        assert wrong == ""
        assert printed.splitlines() == [f"{model.version} {len(model.metrics)} {len(people)}"] * 12
    open_model(PLACES["hops"], tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


# The setting


def test_the_setting_names_a_folder_or_none(tmp_path: Path) -> None:
    assert load_settings({}).model_cache == Path(".samepage/models")
    assert load_settings({"SAMEPAGE_MODEL_CACHE": ""}).model_cache == Path(".samepage/models")
    assert load_settings({"SAMEPAGE_MODEL_CACHE": "/somewhere/else"}).model_cache == Path("/somewhere/else")
    assert load_settings({"SAMEPAGE_MODEL_CACHE": "none"}).model_cache is None
    file = tmp_path / "settings.toml"
    file.write_text('model_cache = "/of/a/file"', encoding="utf-8")
    assert load_settings({"SAMEPAGE_SETTINGS": str(file)}).model_cache == Path("/of/a/file")
    file.write_text('model_caches = "x"', encoding="utf-8")
    with pytest.raises(SettingsError, match="model_caches"):
        load_settings({"SAMEPAGE_SETTINGS": str(file)})


def test_a_workspace_answers_from_the_cache(tmp_path: Path, parsed: list[int]) -> None:
    data = copy_shop(tmp_path / "shop.duckdb")
    settings = Settings(data=str(data), model=SHOP, mask_key="a key of the tests", model_cache=tmp_path / "kept")
    totals: list[object] = []
    for _ in range(2):
        workspace = Workspace.open(settings)
        query = Query(metrics=("revenue",))
        totals.append(workspace.ask(query, workspace.people["steward"], today=date(2026, 4, 20)).table.to_pylist())
        workspace.close()
    assert len(parsed) == 1
    assert totals[0] == totals[1] != []
