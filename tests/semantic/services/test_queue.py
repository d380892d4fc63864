"""A steward's queue: failed checks, certifications that end, and saved questions that no longer run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from semantic.query.query import Breakdown, Query
from semantic.results.failed_checks import CheckState, FoundCheck
from semantic.services.queue import Task, broken_questions, certification_tasks, check_tasks, next_expiry
from semantic.services.saved_questions import SavedWork
from semantic.store.database import Store, connect_store
from semantic.store.keys import keys_of
from semantic.store.migrate import upgrade
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE
from tests.semantic.paced import MODEL, TODAY, PacedWorkspace, open_paced

UNTIL = {
    "planned": "2026-01-10",  # yesterday
    "revenue": "2026-01-11",  # today is its last day
    "lines": "2026-02-10",  # in 30 days
    "buyers": "2026-02-11",
}


def certified() -> str:
    """Return the model with these certifications, and a metric that was deprecated after its own certification
    ended.
    """
    model = MODEL.replace(
        "  - {name: per_line,",
        "  - {name: plan_before, label: Old plan, measure: plan.amount, certified: {by: Stew, until: 2025-01-01},"
        " deprecated: {since: 2025-06-01, reason: Replaced}}\n  - {name: per_line,",
    )
    for name, day in UNTIL.items():
        words = f"certified: {{by: Stew, until: {day}}}"
        model = model.replace(f"{{name: {name}, label:", f"{{name: {name}, {words}, label:")
    return model


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("queue"), model=certified())
    yield opened
    opened.close()


@pytest.fixture
def work(workspace: PacedWorkspace, tmp_path: Path) -> Iterator[SavedWork]:
    store = Store(connect_store(str(tmp_path / "store.sqlite")))
    upgrade(store)
    keys = keys_of("a secret of tests, long enough to sign with")
    yield SavedWork(store, keys, workspace, workspace.people["stew"])
    store.close()


def test_certifications_that_expire_within_thirty_days_come_in_order(workspace: PacedWorkspace) -> None:
    seen = workspace.visible(workspace.people["stew"])
    assert certification_tasks(seen, today=TODAY) == [
        Task("certification", "Planned revenue", "Certification expired on 10 Jan 2026.", "Renew", "planned"),
        Task("certification", "Revenue", "Certification expires on 11 Jan 2026.", "Renew", "revenue"),
        Task("certification", "Lines", "Certification expires on 10 Feb 2026.", "Renew", "lines"),
    ]
    assert next_expiry(seen, today=TODAY) == date(2026, 1, 11)
    assert next_expiry(seen, today=date(2026, 2, 12)) is None
    # Nora sees revenue alone.
    nora = workspace.visible(workspace.people["nora"])
    assert [task.about for task in certification_tasks(nora, today=TODAY)] == ["revenue"]


def check(dataset: str, state: CheckState, day: int) -> FoundCheck:
    at = datetime(2026, 1, day, tzinfo=UTC)
    return FoundCheck(
        id=f"{dataset}-{day}", dataset=dataset, kind="unique", what="id is unique", state=state, since=at,
        looked_at=at, model_version="1",
    )  # fmt: skip


def test_failed_checks_come_oldest_first_to_those_who_see_all_of_their_data(workspace: PacedWorkspace) -> None:
    checks = [
        check("sales", CheckState.FAILS, 9), check("plan", CheckState.FAILS, 3), check("sales", CheckState.WARNS, 1),
        check("gone", CheckState.FAILS, 1),
    ]  # fmt: skip
    # Revenue, lines, buyers and the ratio of the first two read sales; two metrics read the plan.
    assert [(task.title, task.note) for task in check_tasks(checks, workspace.visible(workspace.people["stew"]))] == [
        ("Plan: id is unique", "Failed check. Affects 2 metrics."),
        ("Sales: id is unique", "Failed check. Affects 4 metrics."),
    ]
    assert check_tasks(checks, workspace.visible(workspace.people["dora"])) == []  # she sees one market


def test_saved_questions_that_no_longer_run_say_why(work: SavedWork) -> None:
    for name, query in (
        ("Fine", Query(metrics=("revenue",))),
        ("Lost its metric", Query(metrics=("revenue", "margin"))),
        ("Can't be grouped", Query(metrics=("planned",), by=(Breakdown("channel"),))),
    ):
        with work.store.write() as transaction:
            save_question(transaction, Content(query=query), work.actor, work.keys, name=name, sentence="", space=MINE)
    tasks = broken_questions(work.questions(), work)
    broken = {"Lost its metric", "Can't be grouped"}  # the plan has no channel
    assert {(task.title, task.action) for task in tasks} == {(name, "Fix") for name in broken}
    assert all(task.note for task in tasks)
    assert {task.about for task in tasks} == {each.id for each in work.questions() if each.name in broken}


def test_a_question_that_was_archived_meanwhile_is_left_out(work: SavedWork) -> None:
    with work.store.write() as transaction:
        save_question(
            transaction, Content(query=Query(metrics=("margin",))), work.actor, work.keys, name="Old", sentence="",
            space=MINE,
        )  # fmt: skip
    questions = work.questions()
    assert len(broken_questions(questions, work)) == 1
    gone = [replace(questions[0], id="0" * 32)]
    assert broken_questions(gone, work) == []
