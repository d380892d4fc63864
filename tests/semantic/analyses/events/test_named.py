"""Analyses that the model names: the checks when they are read, who sees them, and which saved analysis equals one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events.definition import analysis_from_data
from semantic.analyses.events.named import (
    analysis_digest,
    find_named,
    match,
    named_analyses,
    read_any,
    uses_of_named,
)
from semantic.errors import InvalidQuery, ModelError, UnknownName
from semantic.model.loading.load import parse_model
from semantic.model.loading.stored import model_from_plain, model_to_plain
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, narrow
from semantic.services.analyzing.presentation import analyzed_data
from semantic.services.analyzing.run import analyze
from tests.semantic.analyses.events.logged import FIRST, MODEL, Row, open_log

FUNNEL = """
analyses:
  - name: view_to_cart
    label: From view to cart
    owner: Web
    definition:
      kind: funnel
      subject: person
      steps: [views, {metric: carts, name: Cart}]
      within: 7 days
      time: {last: 2, unit: week}
"""
DATA: dict[str, Any] = {
    "kind": "funnel", "subject": "person", "steps": ["views", {"metric": "carts", "name": "Cart"}], "within": "7 days",
    "time": {"last": 2, "unit": "week"},
}  # fmt: skip


SIDES = [
    {"name": device, "where": {"dim": "device", "op": "in", "values": [device]}} for device in ("phone", "desktop")
]


def model(named: str = FUNNEL, log: str = MODEL) -> Model:
    return parse_model({"log.yml": log, "named.yml": named})


def seen(person: str, loaded: Model | None = None, **attributes: Any) -> VisibleModel:
    return narrow(loaded or model(), Actor(id=person, roles=frozenset({"viewer"}), attributes=attributes))


def named(definition: str, *, name: str = "one", more: str = "") -> str:
    return f"analyses:\n  - {{name: {name}, {more}definition: {{{definition}}}}}\n"


# Reading


@pytest.mark.parametrize(
    ("definition", "line", "says"),
    [
        (
            "kind: funnel\n      subject: person\n      steps:\n        - views\n        - cartz",
            9,
            "The analysis 'one' names 'cartz' in step 2, which isn't a metric. Did you mean carts?",
        ),
        (
            "kind: funnel\n      subject: person\n      steps: [views, carts]\n      by: devise",
            8,
            "The analysis 'one' names 'devise' in 'by', which isn't a dimension or segment. Did you mean device?",
        ),
        (
            "kind: funel\n      subject: person\n      steps: [views, carts]",
            4,
            "The analysis 'one': 'funel' isn't a kind of analysis.",
        ),
        (
            "kind: funnel\n      subject: person\n      steps: [views]",
            4,
            "The analysis 'one': A funnel has 2 to 12 steps, and this one has 1.",
        ),
        ("kind: funnel\n      subject: person\n      steps: [views, carts]\n      sample: 0.1", 8, "has a sample"),
        (
            "kind: funnel\n      subject: person\n      steps: [views, carts]\n      window: 7 days",
            4,
            "The analysis 'one': ",
        ),
        ("kind: funnel\n      subject: planet\n      steps: [views, carts]", 4, "planet"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place_and_repair(definition: str, line: int, says: str) -> None:
    text = f"analyses:\n  - name: one\n    owner: Web\n    definition:\n      {definition}\n"
    with pytest.raises(ModelError) as error:
        model(text)
    (problem,) = error.value.problems
    assert says in f"{problem.message} {problem.remedy}"
    assert (problem.file, problem.line) == ("named.yml", line)


def test_every_unknown_name_is_reported() -> None:
    with pytest.raises(ModelError) as error:
        model(named("kind: funnel, subject: person, steps: [viewz, cartz]"))
    assert {problem.message for problem in error.value.problems} == {
        "The analysis 'one' names 'viewz' in step 1, which isn't a metric.",
        "The analysis 'one' names 'cartz' in step 2, which isn't a metric.",
    }


def test_numbers_keep_their_type_and_quotes_make_text() -> None:
    asked = (
        "kind: funnel, subject: person, steps: [views, carts, checkouts], exclude: [{metric: gifts, between: [1, 2]}]"
    )
    loaded = model(named(asked))
    assert loaded.analyses["one"].data["exclude"] == [{"metric": "gifts", "between": [1, 2]}]
    where = "kind: funnel, subject: person, steps: [views, carts], where: {dim: market, op: in, values: ['1', DE]}"
    assert model(named(where)).analyses["one"].data["where"]["values"] == ["1", "DE"]


def test_a_name_is_unique_among_analyses_only() -> None:
    assert model(named("kind: funnel, subject: person, steps: [views, carts]", name="views")).analyses["views"]
    twice = FUNNEL + FUNNEL.partition("analyses:\n")[2]
    with pytest.raises(ModelError, match="also defined"):
        model(twice)


def test_a_model_without_analyses_is_unchanged() -> None:
    """The key is optional, and a model's caches keep their content."""
    plain = parse_model({"log.yml": MODEL})
    assert dict(plain.analyses) == {}
    loaded = model()
    assert model_from_plain(model_to_plain(loaded)).analyses == loaded.analyses


def test_an_unknown_domain_is_refused() -> None:
    with pytest.raises(ModelError, match="which doesn't exist"):
        model(named("kind: funnel, subject: person, steps: [views, carts]", more="domain: growth, "))


def test_the_core_uses_no_metric_of_a_domain() -> None:
    log = MODEL.replace("{name: views, label: Views,", "{name: views, label: Views, domain: growth,")
    assert log != MODEL
    with pytest.raises(ModelError, match="of the core uses the metric 'views' of the domain 'growth'"):
        model(FUNNEL, log + "domains: [{name: growth, label: Growth}]\n")


# Who sees it


@pytest.mark.parametrize(
    ("person", "definition", "sees"),
    [
        ("ana", "kind: funnel, subject: person, steps: [views, carts]", True),
        ("dora", "kind: funnel, subject: person, steps: [views, carts]", True),
        ("nora", "kind: funnel, subject: person, steps: [views, carts]", False),  # carts are hidden from her
        ("nora", "kind: funnel, subject: person, steps: [views, checkouts]", True),
        ("nora", "kind: funnel, subject: person, steps: [views, checkouts], by: device", True),
        ("nora", "kind: funnel, subject: person, steps: [views, checkouts], by: market", False),
        ("nora", "kind: funnel, subject: person, steps: [views, checkouts], where: {segment: gift_givers}", False),
        # Devices are masked for Mia, so a filter by one would tell her its values.
        ("mia", "kind: funnel, subject: person, steps: [views, carts]", True),
        (
            "mia",
            "kind: funnel, subject: person, steps: [views, carts], where: {dim: device, op: in, values: [x]}",
            False,
        ),
        # A set of people uses something too.
        (
            "nora",
            "kind: funnel, subject: person, steps: [views, checkouts], of: {analysis: {kind: funnel, subject: person, "
            "steps: [views, carts]}, part: {reached: 1}}",
            False,
        ),
    ],
)
def test_people_see_a_named_analysis_only_if_they_see_everything_it_uses(
    person: str, definition: str, sees: bool
) -> None:
    visible = seen(person, model(named(definition)), markets=["DE"])
    assert [each.name for each in named_analyses(visible)] == (["one"] if sees else [])
    if not sees:
        with pytest.raises(UnknownName) as hidden:
            find_named("one", visible)
        with pytest.raises(UnknownName) as missing:
            find_named("two", visible)
        assert str(hidden.value).replace("'one'", "'two'") == str(missing.value)


# Using it


def test_a_name_can_be_asked_like_a_definition() -> None:
    visible = seen("ana")
    assert read_any({"analysis": "view_to_cart"}, visible).data == analysis_from_data(DATA).data
    other = read_any({"analysis": "view_to_cart", "time": {"last": 1, "unit": "month"}}, visible)
    assert other.data == analysis_from_data(DATA | {"time": {"last": 1, "unit": "month"}}).data


def test_filters_are_added_to_the_named_analysiss_own() -> None:
    own = {"dim": "market", "op": "in", "values": ["DE"]}
    more = {"dim": "device", "op": "in", "values": ["phone"]}
    visible = seen("ana", model(FUNNEL + "      where: {dim: market, op: in, values: [DE]}\n"))
    asked = read_any({"analysis": "view_to_cart", "where": more}, visible)
    assert asked.data["where"] == {"and": [own, more]}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"analysis": "view_to_cart", "steps": ["views"]}, "steps"),
        ({"analysis": "view_to_cart", "subject": "session"}, "subject"),
        ({"analysis": 5}, "analysis"),
        ({"analysis": {"kind": "funnel"}}, "analysis"),
    ],
)
def test_a_named_analysis_cannot_be_asked_with_another_counting_rule(data: object, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        read_any(data, seen("ana"))


@pytest.mark.parametrize(
    ("changed", "changes", "counts_the_same"),
    [
        ({}, (), True),
        ({"v": 1, "order": "loose"}, (), True),  # defaults that are written out
        ({"time": {"last": 1, "unit": "month"}}, ("period",), True),
        ({"where": {"dim": "device", "op": "in", "values": ["phone"]}}, ("filters",), False),
        ({"sample": 0.1}, ("sample",), False),
        ({"time_zone": "Europe/Oslo"}, ("time zone",), False),
        ({"compare": [{"to": "previous"}]}, ("comparison",), True),
        ({"compare": [{"to": "last_year"}], "sample": 0.1}, ("sample", "comparison"), False),
        ({"sides": SIDES}, ("sides",), False),
        ({"within": "8 days"}, None, False),
        ({"attempt": "best"}, None, False),
        ({"steps": ["views", "carts"]}, None, False),  # other names are other words in every answer
    ],
)
def test_an_analysis_is_the_named_one_if_its_definition_is(
    changed: dict[str, Any], changes: tuple[str, ...] | None, counts_the_same: bool
) -> None:
    found = match(analysis_from_data(DATA | changed), seen("ana"))
    if changes is None:
        assert found is None
    else:
        assert found is not None
        assert (found.named.name, found.changes, found.counts_the_same) == ("view_to_cart", changes, counts_the_same)


def test_no_definition_matches_a_hidden_named_analysis() -> None:
    assert match(analysis_from_data(DATA), seen("nora")) is None


def test_an_answer_names_its_analysis(tmp_path: Path) -> None:
    """Two of the three people who view have a cart a day later."""
    rows = [
        Row(table="actions", key=f"{act}{person}", person=f"p{person}", at=FIRST + timedelta(days=7 + day), market="DE",
            act=act)
        for act, day, people in (("a", 0, 3), ("b", 1, 2))
        for person in range(people)
    ]  # fmt: skip
    log = open_log(tmp_path, rows, model=MODEL + FUNNEL)
    try:
        asked = read_any({"analysis": "view_to_cart"}, log.visible(log.people["ana"]))
        analyzed = analyze(log, asked.kind, asked.asked, log.people["ana"])
        assert analyzed.found.whole.counts == (3, 2)
        assert analyzed.rule[-1] == "Named in the model: From view to cart. Not certified."
        data = analyzed_data(analyzed)
        assert data["named"] == {
            "name": "view_to_cart", "label": "From view to cart", "is_certified": False, "changes": [],
        }  # fmt: skip
        beside = read_any({"analysis": "view_to_cart", "compare": [{"to": "previous"}]}, log.visible(log.people["ana"]))
        compared = analyze(log, beside.kind, beside.asked, log.people["ana"])
        assert analyzed_data(compared)["named"]["changes"] == ["comparison"]
        strict = analysis_from_data(DATA | {"order": "strict"})
        other = analyze(log, strict.kind, strict.asked, log.people["ana"])
        assert "named" not in analyzed_data(other)
        assert not any("Named in the model" in sentence for sentence in other.rule)
    finally:
        log.close()


# Definitions that affect its numbers


def test_a_named_analysis_uses_what_its_events_filters_and_sets_name() -> None:
    text = named(
        "kind: funnel, subject: person, steps: [views, {metric: carts, where: {dim: device, op: in, values: [x]}}], "
        "by: market, where: {segment: gift_givers}, of: {analysis: {kind: funnel, subject: person, steps: [gifts, "
        "letters]}, part: {reached: 1}}"
    )
    loaded = model(text)
    assert uses_of_named(loaded.analyses["one"], loaded) == {
        *("metric:views", "metric:carts", "metric:gifts", "metric:letters", "dimension:device", "dimension:market"),
        "segment:gift_givers",
    }


@pytest.mark.parametrize(
    ("log", "text", "is_same"),
    [
        (None, FUNNEL.replace("label: From view to cart", "label: View to cart"), True),
        (None, FUNNEL.replace("owner: Web", "owner: Shop\n    description: For the weekly meeting"), True),
        (None, FUNNEL.replace("kind: funnel\n      subject: person", "subject: person\n      kind: funnel"), True),
        (None, FUNNEL.replace("within: 7 days", "within: 8 days"), False),
        (None, FUNNEL.replace("last: 2", "last: 3"), False),
        (("filter: act = 'b',", "filter: act = 'c',"), FUNNEL, False),
        (("label: Carts", "label: Baskets"), FUNNEL, True),
        (("filter: act = 'd',", "filter: act = 'e',"), FUNNEL, True),  # of a metric that it doesn't use
        (("entities: [{name: person, kind: foreign, columns: [person]}, {name: session,",
          "entities: [{name: person, kind: foreign, columns: [device]}, {name: session,"), FUNNEL, False),
    ],
)  # fmt: skip
def test_the_meaning_covers_the_definition_and_everything_it_uses(
    log: tuple[str, str] | None, text: str, is_same: bool
) -> None:
    changed = MODEL.replace(*log) if log else MODEL
    assert (changed, text) != (MODEL, FUNNEL)
    after = model(text, changed)
    assert (analysis_digest(after, "view_to_cart") == analysis_digest(model(), "view_to_cart")) is is_same
