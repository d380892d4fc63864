"""Cost grows with the question, not with the model. Work is counted here, and measured in tests/bench/scale.py."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import FrameType

import pytest
import yaml

from semantic.compile import compile_visible
from semantic.explore import preflight as preflight_module
from semantic.explore import repairs
from semantic.explore.preflight import preflight
from semantic.explore.search import search
from semantic.model import expression
from semantic.model.checks.validate import find_problems
from semantic.model.loading import load
from semantic.model.loading.load import parse_files, parse_model, read_folder
from semantic.policy.narrow import VisibleModel, narrow
from semantic.policy.people import people_of
from semantic.query.codec import query_from_json
from semantic.query.query import Breakdown, Query
from semantic.run.model_cache import open_model
from semantic.sql.dialects.table import find_dialect
from tests.bench.big_model import big_model
from tests.shop import SHOP

DIALECT, TODAY = find_dialect("duckdb"), date(2026, 4, 20)
ASKED = Query(metrics=("fact_0_m0", "fact_1_m1", "ratio_0"), by=(Breakdown("thing_3_kind"),))
REFUSED = Query(metrics=("fact_0_m0", "fact_1_m0"), by=(Breakdown("fact_1_kind"), Breakdown("fact_2_kind")))


def narrowed(files: Mapping[str, str], person: str) -> VisibleModel:
    model, people = parse_files(files)
    return narrow(model, people_of(people)[person])


@pytest.fixture(scope="module")
def small() -> VisibleModel:
    return narrowed(big_model(20, 6, 100), "local")


@pytest.fixture(scope="module")
def wider() -> VisibleModel:
    """The same model with ten more facts, unrelated to the questions asked here."""
    return narrowed(big_model(30, 6, 100), "local")


def counting(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[tuple[object, ...]]:
    """Return a list that collects the arguments of every call of a module's function from now on."""
    calls: list[tuple[object, ...]] = []
    original: Callable[..., object] = getattr(module, name)

    def counted(*given: object, **named: object) -> object:
        calls.append(given)
        return original(*given, **named)

    monkeypatch.setattr(module, name, counted)
    return calls


def steps(run: Callable[[], object]) -> int:
    """Return how many functions a call runs, including Python's own.

    The number is the same each time, however busy the machine is.
    """
    count = 0

    def seen(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


# Loading


def written_expressions(files: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """Return every expression in a model's files, found in the YAML without the parser, and how it's read."""
    written_expressions: Counter[tuple[str, str]] = Counter()
    for text in files.values():
        data = yaml.safe_load(text)
        for dataset in data.get("datasets", ()):
            for dimension in dataset.get("dimensions", ()):
                written_expressions["value", dimension.get("sql") or f'"{dimension["name"]}"'] += 1
            for measure in dataset.get("measures", ()):
                written_expressions["value", measure["sql"]] += 1
        for metric in data.get("metrics", ()):
            for key in ("filter", "expression"):
                written_expressions["value", metric.get(key, "")] += 1
        for policy in data.get("policies", ()):
            for rule in policy.get("rows", ()):
                written_expressions["rule", rule["where"]] += 1
    del written_expressions["value", ""]
    return written_expressions


def test_each_expression_is_parsed_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = big_model(20, 12, 200)
    written = written_expressions(files)
    assert max(written.values()) > 10, "nothing is written twice, so nothing is proven"
    assert len(written) > 130
    for file, text in files.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    load._parse.cache_clear()  # another test may have read these files
    parsed = counting(monkeypatch, expression, "_parse")
    model = parse_model(files)
    assert Counter(parsed) == Counter((text,) for _, text in written)
    parsed.clear()
    load._parse.cache_clear()
    open_model(tmp_path, tmp_path / "kept")
    assert len(parsed) == len(written)
    parsed.clear()
    kept_model, _ = open_model(tmp_path, tmp_path / "kept")
    assert kept_model == model
    assert parsed == [], "what is kept was checked before: its expressions wait until they are asked"


def test_only_the_needed_parts_of_a_cached_model_are_parsed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file, text in big_model(20, 12, 200).items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    open_model(tmp_path, tmp_path / "kept")
    model, people = open_model(tmp_path, tmp_path / "kept")
    parsed = counting(monkeypatch, expression, "_parse")
    seen = narrow(model, people["local"])
    for _ in range(3):
        compile_visible(seen, ASKED, DIALECT, today=TODAY)
    case = [text for (text,) in parsed if "CASE" in str(text)]
    assert [str(text)[:24] for text in case] == ["CASE WHEN state = 'fact_"]
    assert len(parsed) == len(set(parsed)) <= 6


def test_each_file_is_read_once_for_a_model_and_its_people(monkeypatch: pytest.MonkeyPatch) -> None:
    load._parse.cache_clear()  # another test may have read these files
    read = counting(monkeypatch, load, "read_yaml")
    _, people = open_model(SHOP)
    assert people
    assert sorted(file for _, file in read) == sorted(read_folder(SHOP))  # type: ignore[type-var]


def test_loading_grows_with_the_model_and_no_faster() -> None:
    read: list[int] = []
    checked: list[int] = []
    for size in (40, 80):
        files = big_model(size, 8, size * 8)
        model = parse_model(files)
        load._parse.cache_clear()
        read.append(steps(lambda files=files: parse_model(files)))
        checked.append(steps(lambda model=model: find_problems(model)))
    assert read[1] / read[0] < 2.1
    assert checked[1] / checked[0] < 2.1


# Asking


def test_a_question_takes_the_same_steps_in_a_larger_model(small: VisibleModel, wider: VisibleModel) -> None:
    def compiled(seen: VisibleModel) -> str:
        return compile_visible(seen, ASKED, DIALECT, today=TODAY).legs[0].sql

    assert compiled(small) == compiled(wider)  # what a model remembers is there after the first time
    assert steps(lambda: compiled(small)) == pytest.approx(steps(lambda: compiled(wider)), rel=0.02)


@pytest.mark.parametrize("query", [ASKED, REFUSED], ids=["answered", "refused"])
def test_preflight_searches_only_joins_that_the_facts_reach(
    query: Query, small: VisibleModel, wider: VisibleModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = counting(monkeypatch, preflight_module, "find_field")
    preflights = [preflight(query, seen, DIALECT, today=TODAY) for seen in (small, small, wider)]
    _, first, second = preflights
    more = len(second.unavailable) - len(first.unavailable)
    assert more > 100, "the larger model has no more dimensions, so nothing is proven"
    assert first.available == second.available
    assert len(first.available) > 10
    times = len(searched) / 3
    searched.clear()
    preflight(query, wider, DIALECT, today=TODAY)
    assert 0 < len(searched) == times


def test_repairs_are_searched_only_where_some_metric_has_a_dimension(small: VisibleModel, wider: VisibleModel) -> None:
    counted: list[tuple[int, int]] = []
    for seen in (small, wider):
        found_preflight = preflight(ASKED, seen, DIALECT, today=TODAY)
        with pytest.MonkeyPatch.context() as patch:
            searched = counting(patch, preflight_module, "find_field")
            mended = [unavailable for unavailable in found_preflight.unavailable if unavailable.repairs]
        assert mended
        counted.append((len(mended), len(searched)))
    assert counted[0] == counted[1]


def test_reasons_are_computed_only_for_dimensions_that_are_shown(
    small: VisibleModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_preflight = preflight(ASKED, small, DIALECT, today=TODAY)
    compiled = counting(monkeypatch, repairs, "compile_visible")
    unavailable = next(
        candidate for candidate in found_preflight.unavailable if candidate.dimension.name == "fact_0_kind"
    )
    assert compiled == []
    assert unavailable.reason.startswith(
        f"{small.model.metrics['fact_1_m1'].label} can't be broken down by fact 0 kind"
    )
    assert [repair.query.metrics for repair in unavailable.repairs] == [("fact_0_m0",)]
    assert unavailable.repairs is unavailable.repairs
    assert len(compiled) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"metrics":["claimed"],"by":["door","home",{"dim":"date","grain":"week"}]}',
        '{"metrics":["claimed"],"by":["signed_on","campaign"],"time_zone":"America/New_York"}',
        '{"metrics":["ctr"],"by":[{"dim":"date","grain":"hour"}]}',  # of which some changes change nothing
    ],
)
def test_no_question_is_tried_twice_as_a_repair(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, asked = narrowed(read_folder(SHOP), "steward"), query_from_json(text)
    tried = counting(monkeypatch, repairs, "compile_visible")
    found_preflight = preflight(asked, seen, DIALECT, today=TODAY)
    questions = [query for _, query, *_ in tried]
    assert not found_preflight.ok
    assert found_preflight.repairs
    assert len(questions) == len(set(questions)) >= 2
    assert asked not in questions


def test_a_keystroke_grows_no_faster_than_the_model(small: VisibleModel) -> None:
    large = narrowed(big_model(20, 24, 400), "local")
    for seen in (small, large):
        search(seen, "")
    few, many = (steps(lambda seen=seen: search(seen, "gorss clikcs of fact 3")) for seen in (small, large))  # type: ignore[misc]
    assert len(large.metrics) == 4 * len(small.metrics)
    assert many < 4.2 * few
