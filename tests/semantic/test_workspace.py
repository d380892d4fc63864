"""The workspace has one cache for everyone, and no one gets another person's rows."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic import workspace as workspace_module
from semantic.answering import pending
from semantic.errors import SemanticError
from semantic.model.loading.load import read_folder
from semantic.plan.reads import datasets_of
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.query.query import Query
from tests.copies import copy_shop
from tests.kinds import build_kinds, open_kinds
from tests.shop import SHOP, ShopWorkspace, open_shop
from tests.waiting import STUCK


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> ShopWorkspace:
    return open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))


def question(**parts: object) -> Query:
    return query_from_data(parts)


SEARCH = {"dim": "channel", "op": "in", "values": ["Search"]}
REVENUE = question(metrics=["revenue"], by=["channel"])


def test_a_second_question_is_answered_from_the_cache_with_the_same_result(workspace) -> None:
    steward = workspace.people["steward"]
    first, second = workspace.ask(REVENUE, steward), workspace.ask(REVENUE, steward)
    assert second.cached
    assert first.table.equals(second.table)


def test_the_cache_never_serves_one_person_the_rows_of_another(workspace) -> None:
    """Whatever anyone asked before, each person gets what a new workspace returns."""
    people = list(workspace.people.values())
    for actor in (*people, *reversed(people)):
        fresh = open_shop(workspace.settings.data)
        try:
            expected = fresh.ask(REVENUE, actor).rows()
        except SemanticError as refused:
            with pytest.raises(type(refused)):
                workspace.ask(REVENUE, actor)
        else:
            assert workspace.ask(REVENUE, actor).rows() == expected
        fresh.close()


def test_without_a_policy_nothing_is_visible(workspace) -> None:
    stranger = Actor(id="stranger")
    assert workspace.visible(stranger).metrics == ()
    with pytest.raises(SemanticError, match=r"There is no (metric|dimension) named"):
        workspace.ask(REVENUE, stranger)


def test_someone_acting_for_a_person_sees_nothing_yet(workspace) -> None:
    steward = workspace.people["steward"]
    assert workspace.visible(replace(steward, for_person="ana")).metrics == ()


def test_a_repaired_link_says_the_same_for_hidden_and_missing_parts(workspace) -> None:
    steward = workspace.people["steward"]
    asked = question(
        metrics=["revenue", "nonsense"],
        by=["channel", "nothing"],
        where={
            "and": [
                {"dim": "nowhere", "op": "in", "values": ["x"]},
                {"dim": "channel", "op": "in", "values": ["Search"]},
            ]
        },
        order=["nonsense"],
    )
    repaired, texts = workspace.repair(asked, steward)
    assert repaired == question(metrics=["revenue"], by=["channel"], where={"and": [SEARCH]})
    assert texts == ("This link includes something that isn't available to you. The rest is shown.",)
    assert workspace.repair(repaired, steward) == (repaired, ())


def test_a_link_by_a_calendar_that_is_hidden_keeps_the_rest(workspace, tmp_path) -> None:
    for file, text in read_folder(SHOP).items():
        (tmp_path / Path(file).name).write_text(text, encoding="utf-8")
    deny = "policies:\n  - {name: no_calendar, who: {roles: [steward]}, deny: {dimensions: [retail_month_start]}}\n"
    (tmp_path / "no_calendar.yml").write_text(deny, encoding="utf-8")
    hidden = ShopWorkspace.open(replace(workspace.settings, model=tmp_path))
    asked = question(
        metrics=["revenue"],
        by=["channel", {"dim": "date", "grain": "retail_month"}],
        where={"dim": "date__retail_month", "op": "in", "values": ["2026-03-01"]},
    )
    repaired, texts = hidden.repair(asked, hidden.people["steward"])
    assert (repaired, len(texts)) == (question(metrics=["revenue"], by=["channel"]), 1)
    assert hidden.ask(repaired, hidden.people["steward"]).groups
    hidden.close()


def test_a_filter_by_a_calendar_reads_its_table(workspace) -> None:
    asked = question(metrics=["revenue"], where={"dim": "date__retail_month", "op": "in", "values": ["2026-03-01"]})
    compiled = workspace.preflight(asked, workspace.people["steward"]).compiled
    assert {dataset.name for dataset in datasets_of(compiled.plan)} == {"orders", "retail_days"}


def test_a_link_without_valid_parts_says_so(workspace) -> None:
    repaired, texts = workspace.repair(question(metrics=["nonsense"], by=["channel"]), workspace.people["steward"])
    assert repaired.metrics == ()
    assert texts == ("This link asks for something that isn't available to you, so there's nothing to show.",)


def test_every_unavailable_dimension_has_a_reason_and_its_repairs_run(workspace) -> None:
    steward = workspace.people["steward"]
    seen = 0
    for names in (["revenue"], ["revenue", "visits"], ["revenue", "cost"]):
        preflight = workspace.preflight(question(metrics=names), steward)
        assert preflight.ok
        for unavailable in preflight.unavailable:
            seen += 1
            assert unavailable.reason
            for repair in unavailable.repairs:
                workspace.ask(repair.query, steward)
        for dimension in preflight.available:
            if dimension.kind != "time":
                workspace.ask(question(metrics=names, by=[dimension.name]), steward)
    assert seen > 3


# Many at once


def test_twenty_simultaneous_identical_questions_compile_and_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    steward, here = shop.people["steward"], threading.Barrier(20)
    done: Counter[str] = Counter()

    def counts(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            done[name] += 1
            time.sleep(0.02)  # so that the others come while it is under way
            return step(*given, **named)

        return counted

    for module, name in ((workspace_module, "preflight"), (pending, "describe_columns")):
        monkeypatch.setattr(module, name, counts(name, getattr(module, name)))
    monkeypatch.setattr(shop.plans, "compile", counts("compile", shop.plans.compile))
    monkeypatch.setattr(shop.connector, "start", counts("start", shop.connector.start))

    def ask(_: int) -> list[dict[str, object]]:
        here.wait(STUCK)
        assert shop.preflight(REVENUE, steward).ok
        return list(shop.ask(REVENUE, steward).rows())

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert all(answer == answers[0] for answer in answers)
    # One statement for the rows: orders say when they begin, and nothing says when they are loaded.
    assert done == {"preflight": 1, "compile": 1, "describe_columns": 1, "start": 1}
    shop.close()


def test_knowledge_about_a_question_is_kept_per_person(workspace) -> None:
    """In any order, each person gets what a new workspace returns."""
    people = list(workspace.people.values())
    for actor in (*people, *reversed(people)):
        fresh = open_shop(workspace.settings.data)
        known, expected = workspace.preflight(REVENUE, actor), fresh.preflight(REVENUE, actor)
        fresh.close()
        assert (known.ok, known.available, known.cost_words) == (expected.ok, expected.available, expected.cost_words)
        if known.compiled and expected.compiled:
            assert known.compiled.legs == expected.compiled.legs


def test_only_people_with_the_same_policy_share_results(workspace) -> None:
    """Each person still asks in their own name."""
    dora = workspace.people["dora"]
    other, moved = replace(dora, id="other", name="Other"), replace(dora, id="moved", attributes={"countries": "DE"})
    mine, theirs, apart = (workspace.start(REVENUE, one) for one in (dora, other, moved))
    assert mine.compiled is theirs.compiled
    assert mine.compiled is not apart.compiled
    assert [one.seen.actor for one in (mine, theirs, apart)] == [dora, other, moved]
    assert mine.result().columns is theirs.result().columns
    viewed = workspace.start(REVENUE, replace(dora, viewed_by="admin"))
    assert viewed.compiled is not mine.compiled


def test_equal_values_of_two_types_are_two_questions(workspace) -> None:
    """True and 1 are equal in Python, but the answer to one must not be used for the other."""
    steward = workspace.people["steward"]
    asked = [Query(metrics=("revenue",), limit=limit) for limit in (1, True)]
    assert asked[0] == asked[1]
    first, second = (workspace.preflight(query, steward) for query in asked)
    assert first is not second
    assert workspace.preflight(asked[0], steward) is first


def test_another_day_is_another_question(workspace) -> None:
    steward = workspace.people["steward"]
    last = question(metrics=["revenue"], time={"last": 1, "unit": "day"})
    days = [workspace.preflight(last, steward, today=date(2026, 4, day)).period.start for day in (20, 21, 20)]
    assert days == [date(2026, 4, 19), date(2026, 4, 20), date(2026, 4, 19)]


def test_data_is_late_by_the_clock_and_not_by_when_it_was_first_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = open_kinds(build_kinds(tmp_path / "kinds.duckdb"))  # its tables say when they were loaded
    asked, steward = question(metrics=["visits"]), kinds.people["steward"]
    is_stales: list[bool] = []
    for is_late in (False, True, False):
        monkeypatch.setattr(pending, "is_stale", lambda dataset, newest, now, is_late=is_late: is_late)
        is_stales.append(kinds.ask(asked, steward).is_stale)
    assert is_stales == [False, True, False]
    kinds.close()
