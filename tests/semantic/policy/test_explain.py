"""Why a person sees a number: hand-written sentences over the shop, which say yes exactly if the question compiles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from semantic.compile import compile_visible
from semantic.config.settings import MARKETING_MODEL
from semantic.errors import SemanticError, UnknownName
from semantic.governance.compare_people import pair_rows, view_of
from semantic.model.loading.load import load_model, read_folder
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.explain import explain_access, explain_dimension, explain_metric, explain_records
from semantic.policy.narrow import VisibleModel, narrow
from semantic.policy.people import read_people
from semantic.policy.subjects import subjects_of
from semantic.query.query import Breakdown, Query
from semantic.sql.dialects.table import find_dialect
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import SHOP, TODAY, open_shop

DUCKDB = find_dialect("duckdb")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


def sight(shop: Workspace, person: str) -> VisibleModel:
    return shop.visible(shop.people[person])


REASONS = [
    ("steward", "revenue", True, [
        "Everybody grants Revenue (every metric).",
        "Whole shop shows every row of Orders (every dataset).",
    ]),
    ("dora", "revenue", True, [
        "Everybody grants Revenue (every metric).",
        "By customer shows rows of Orders whose Customers have home IN (DE).",
    ]),
    ("vera", "revenue", True, [
        "Everybody grants Revenue (every metric).",
        "By customer or unknown shows rows of Orders whose Customers have home IN (DE, NO), and those that match no "
        "row of Customers.",
    ]),
    ("zeno", "revenue", True, [
        "Everybody grants Revenue (every metric).",
        "By shipping zone shows rows of Orders whose Countries have zone = EEA.",
    ]),
    ("both", "revenue", True, [
        "Everybody grants Revenue (every metric).",
        "By customer shows rows of Orders whose Customers have home IN (DE).",
        "By channel shows rows of Orders where channel_key IN (c1, c5).",
    ]),
    ("nick", "revenue", True, [
        "Everybody grants Revenue (every metric).",
        "By channel shows rows of Orders where channel_key IN (:channels). Nick has no channels, so no rows are shown.",
    ]),
    ("dora", "cost", True, [
        "Everybody grants Cost (every metric).",
        "By customer shows every row of Ads (by name).",
    ]),
    ("noa", "cost", False, ["Nothing personal removes access to Cost (by name)."]),
    ("guest", "revenue", False, ["No policy shows rows of Orders, which this is calculated from."]),
    ("dora", "visits", False, ["No policy shows rows of Sessions, which this is calculated from."]),
    ("stranger", "revenue", False, [
        "No policy applies to Stranger, so nothing is granted.",
        "No policy shows rows of Orders, which this is calculated from.",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("person", "metric", "allowed", "sentences"), REASONS)
def test_each_reason_is_explained(
    shop: Workspace, person: str, metric: str, allowed: bool, sentences: list[str]
) -> None:
    seen = sight(shop, person)
    access = explain_metric(seen, seen.model.metrics[metric])
    assert (access.allowed, list(access.sentences)) == (allowed, sentences)
    assert access.sees_rows is (person != "nick")


def test_masks_and_denials_of_dimensions_are_explained(shop: Workspace) -> None:
    reasons = {
        (person, name): list(explain_dimension(sight(shop, person), shop.model.dimensions[name][0]).sentences)
        for person, name in (
            ("mia", "email"),
            ("mia", "phone"),
            ("mia", "birth_year"),
            ("mia", "tier"),
            ("noa", "email"),
        )
    }
    assert reasons == {
        ("mia", "email"): [
            "Everybody grants Email (every dimension).",
            "Masks shows Email as a code that stands for the value.",
        ],
        ("mia", "phone"): [
            "Everybody grants Phone (every dimension).",
            "Masks shows Phone as its last four characters.",
        ],
        ("mia", "birth_year"): [
            "Everybody grants Birth year (every dimension).",
            "Masks shows Birth year as steps of 10.",
        ],
        ("mia", "tier"): ["Everybody grants Tier (every dimension).", "Masks shows Tier as nothing."],
        ("noa", "email"): ["Nothing personal removes access to Email (everything tagged personal)."],
    }


def test_a_hidden_dimension_is_the_only_reason_given_for_its_metric(shop: Workspace) -> None:
    seen = sight(shop, "noa")
    access = explain_metric(seen, seen.model.metrics["revenue"], [seen.model.dimensions["email"][0]])
    assert not access.allowed
    assert access.sentences == ("Nothing personal removes access to Email (everything tagged personal).",)


def test_row_access_is_explained_separately(shop: Workspace) -> None:
    sessions = shop.model.datasets["sessions"]
    assert explain_records(sight(shop, "steward"), sessions).sentences == (
        "Rows behind numbers allows individual rows of Sessions to be viewed (every dataset).",
    )
    denied = explain_records(sight(shop, "finn"), sessions)
    assert (denied.allowed, denied.sentences) == (
        False,
        ("No rows of sessions removes access to rows of Sessions (by name).",),
    )
    assert not explain_records(sight(shop, "guest"), sessions).allowed


def test_everything_that_one_person_sees_is_explained(shop: Workspace) -> None:
    explained = explain_access(sight(shop, "noa"))
    assert [policy.name for policy in explained.policies] == [
        "everybody", "whole_shop", "nothing_personal", "rows_behind_numbers",
    ]  # fmt: skip
    assert {metric.name for metric in explained.metrics} == set(shop.model.metrics)
    assert "cost" in {metric.name for metric in explained.metrics if not metric.allowed}
    hidden = {dimension.name for dimension in explained.dimensions if not dimension.allowed}
    assert hidden == {"customer_name", "email", "phone"}
    assert explained.rows == ()


def test_a_role_represents_people_with_their_own_attributes() -> None:
    model = load_model(MARKETING_MODEL)
    subjects = {
        subject.label: subject for subject in subjects_of(model, read_people(read_folder(MARKETING_MODEL)).values())
    }
    assert [subject.kind for subject in subjects.values()].count("role") == 4
    marketer = subjects["Role marketer"]
    access = explain_metric(narrow(model, marketer.actor), model.metrics["spend"], is_open=marketer.is_open)
    assert access.allowed
    assert access.sees_rows
    assert access.sentences[1] == "Own markets shows rows of Ad spend where Market is each person's own markets."


def asks(seen: VisibleModel, query: Query, today: date) -> bool:
    """Return whether the names in a question exist for the person. A refusal for another reason counts as yes."""
    try:
        compile_visible(seen, query, DUCKDB, today=today)
    except UnknownName:
        return False
    except SemanticError:
        return True
    return True


@pytest.mark.parametrize("folder", [SHOP, MARKETING_MODEL], ids=["shop", "marketing"])
def test_the_answer_is_yes_exactly_if_a_question_compiles(folder: Path) -> None:
    model, people = load_model(folder), read_people(read_folder(folder))
    counts = {True: 0, False: 0}
    for subject in subjects_of(model, people.values()):
        seen = narrow(model, subject.actor)
        for metric in model.metrics.values():
            access = explain_metric(seen, metric, is_open=subject.is_open)
            assert access.allowed == asks(seen, Query(metrics=(metric.name,)), TODAY), (subject.label, metric.name)
            assert access.reasons, (subject.label, metric.name)
            counts[access.allowed] += 1
    assert min(counts.values()) > 20, counts


@pytest.mark.parametrize("folder", [SHOP, MARKETING_MODEL], ids=["shop", "marketing"])
def test_the_answer_for_dimensions_is_yes_exactly_if_a_question_compiles(folder: Path) -> None:
    model, people = load_model(folder), read_people(read_folder(folder))
    for actor in people.values():
        seen = narrow(model, actor)
        if not seen.metrics:
            continue
        metric = seen.metrics[0]
        for group in model.dimensions.values():
            access = explain_dimension(seen, group[0])
            query = Query(metrics=(metric.name,), by=(Breakdown(group[0].name),))
            assert access.allowed == asks(seen, query, TODAY), (actor.id, group[0].name)
            assert access.reasons, (actor.id, group[0].name)


def test_two_people_are_compared_on_one_question(shop: Workspace) -> None:
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),), totals=((),))
    dora, finn = (view_of(sight(shop, name), query, DUCKDB, today=TODAY) for name in ("dora", "finn"))
    assert (dora.scope, finn.scope) == ("Scope: DE", "Scope: c1, c5")
    assert [name.name for name in dora.names] == ["revenue", "channel"]
    left, right = (shop.ask(query, shop.people[name]) for name in ("dora", "finn"))
    # Dora: orders of u1 and u5, o01 10 + o12 5120 by Search, o02 20 by Social, o13 0.5 by Mail.
    # Finn: channels c1 and c5, by any customer: Search 10 + 40 + 160 + 5120, Walk-in 80.
    pairs = pair_rows(left, right)
    sides = {pair.key[0]: (pair.left, pair.right) for pair in pairs if "total" not in str(pair.key[-1])}
    assert sides == {
        "Search": ({"revenue": 5130.0}, {"revenue": 5330.0}),
        "Social": ({"revenue": 20.0}, None),
        "Mail": ({"revenue": 0.5}, None),
        "Walk-in": (None, {"revenue": 80.0}),
    }
    total = pairs[-1]
    assert total.key[-1] == "total"
    assert (total.left, total.right) == ({"revenue": 5150.5}, {"revenue": 5410.0})
    assert total.differing == {"revenue"}
    same = pair_rows(left, left)
    assert not any(pair_row.differs for pair_row in same)


def test_a_refused_question_says_which_names_are_not_allowed(shop: Workspace) -> None:
    view = view_of(sight(shop, "guest"), Query(metrics=("revenue",)), DUCKDB, today=TODAY)
    assert view.refused is not None
    assert view.refused.code == "unknown_name"
    assert [name.allowed for name in view.names] == [False]
    with pytest.raises(UnknownName):
        view_of(sight(shop, "steward"), Query(metrics=("nonsense",)), DUCKDB, today=TODAY)


def test_explaining_changes_nothing_for_an_agent_of_a_person(shop: Workspace) -> None:
    agent = Actor(id="agent", kind="agent", roles=frozenset({"steward"}), for_person="steward")
    model: Model = shop.model
    access = explain_metric(narrow(model, agent), model.metrics["revenue"])
    assert not access.allowed
