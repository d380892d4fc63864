"""The metrics offered as events, and their subjects: only those that a person can see and analyze."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from semantic.analyses.events.asked import Event, Population, Reads
from semantic.analyses.events.offers import event_metrics, shares_a_subject, subjects_of
from semantic.analyses.events.read import plan_events
from semantic.errors import SemanticError
from tests.semantic.analyses.events.logged import TODAY, LoggedWorkspace, make_log, open_log


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("log"), make_log(3, people=10))
    yield opened
    opened.close()


@pytest.mark.parametrize("person", ["ana", "dora", "nora", "gus", "mia", "ida"])
def test_exactly_the_events_that_can_be_planned_are_offered(workspace: LoggedWorkspace, person: str) -> None:
    """Each metric that a person can see is planned as the only event, with each subject that it's offered with."""
    seen = workspace.visible(workspace.people[person])
    offered = {metric.name for metric in event_metrics(seen)}
    for metric in seen.metrics:
        subjects = subjects_of([metric.name], seen) if metric.name in offered else ["person", "session"]
        plans = [can_be_planned(workspace, person, metric.name, subject) for subject in subjects]
        assert any(plans) == (metric.name in offered), metric.name


def can_be_planned(workspace: LoggedWorkspace, person: str, metric: str, subject: str) -> bool:
    reads = Reads(population=Population(subject=subject), events=(Event(metric=metric),), begins=frozenset([0]))
    try:
        plan_events(reads, workspace.visible(workspace.people[person]), today=TODAY)
    except SemanticError:
        return False
    return True


def test_subjects_are_those_that_all_events_have(workspace: LoggedWorkspace) -> None:
    seen = workspace.visible(workspace.people["ana"])
    assert subjects_of(["views"], seen) == ["person", "session"]
    assert subjects_of(["views", "revenue"], seen) == ["person"]
    assert subjects_of(["clicks"], seen) == ["person", "session"]
    assert subjects_of([], seen) == []
    assert shares_a_subject("clicks", "person", seen)
    assert not shares_a_subject("letters", "session", seen)
