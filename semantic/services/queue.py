"""A steward's to-do list: failed checks, expiring certifications, and saved questions that no longer run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from semantic.analyses.events.named import named_analyses
from semantic.display.format import counted
from semantic.errors import SemanticError, UnknownQuestion
from semantic.model.certification_status import CertificationStatus, certificate, certification_status, lapsed_words
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.describe import describe_day
from semantic.results.failed_checks import CheckState, FoundCheck
from semantic.services.certifying.settling import Certifiable, key_of
from semantic.services.saved_questions import SEALED, SavedWork
from semantic.store.certifications.certifications import CertificationAct
from semantic.store.questions.questions import SavedQuestion

SOON = timedelta(days=30)
"""How long before its end a certification enters the queue."""

MOST_READ = 40
"""How many saved questions are tried, the most recently changed first."""

Kind = Literal["check", "certification", "draft", "review", "question", "request", "connection", "guidance", "drift"]


@dataclass(frozen=True, slots=True)
class Task:
    """One task, with the action that completes it. `about` is its metric, saved question, draft, review or request."""

    kind: Kind
    title: str
    note: str
    action: str
    about: str = ""


def check_tasks(checks: Iterable[FoundCheck], seen: VisibleModel) -> list[Task]:
    """Return tasks for failed checks, oldest first, of datasets whose rows the person can all see."""
    failed = [check for check in checks if check.state is CheckState.FAILS and _sees_all(check.dataset, seen)]
    return [_check_task(check, seen) for check in sorted(failed, key=lambda each_check: each_check.since)]


def _sees_all(dataset: str, seen: VisibleModel) -> bool:
    return dataset in seen.model.datasets and not seen.rules and seen.shows_fact(dataset)


def _check_task(check: FoundCheck, seen: VisibleModel) -> Task:
    fed = sum(
        any(measure.dataset == check.dataset for measure in measures_of(metric, seen.model)) for metric in seen.metrics
    )
    label = seen.model.datasets[check.dataset].label or check.dataset
    note = f"Failed check. Affects {counted(fed, 'metric')}." if fed else "Failed check. No metric uses this data."
    return Task("check", f"{label}: {check.what}", note, "Open", check.id)


def certification_tasks(seen: VisibleModel, *, today: date) -> list[Task]:
    """Return tasks for certifications: lapsed ones, then expired ones and those that expire within 30 days."""
    lapsed = [thing for thing in _things(seen) if certification_status(thing, today) is CertificationStatus.LAPSED]
    ending = [metric for metric in _certified(seen, today) if _until(metric) <= today + SOON]
    tasks = [
        Task("certification", metric.label or metric.name, lapsed_words(metric), "Renew", key_of(metric))
        for metric in lapsed
    ]
    return tasks + [
        Task(
            "certification",
            metric.label or metric.name,
            f"Certification {'expired' if _until(metric) < today else 'expires'} on {describe_day(_until(metric))}.",
            "Renew",
            key_of(metric),
        )
        for metric in sorted(ending, key=_until)
    ]


def certification_requests(requests: Mapping[str, CertificationAct], seen: VisibleModel) -> list[Task]:
    """Return tasks for requests to certify metrics and analyses that this person can see, oldest first."""
    known = {key_of(thing): thing for thing in _things(seen)}
    tasks: list[Task] = []
    for name, request in sorted(requests.items(), key=lambda each: each[1].at):
        if name in known:
            who = request.by_name.partition(",")[0] or "Someone who left"
            note = f"{who} requested certification{f': {request.note}' if request.note else '.'}"
            tasks.append(Task("certification", known[name].label or name, note, "Decide", name))
    return tasks


def next_expiry(seen: VisibleModel, *, today: date) -> date | None:
    """Return the day on which the next valid certification expires, or None if none does."""
    return min((_until(metric) for metric in _certified(seen, today) if _until(metric) >= today), default=None)


def _things(seen: VisibleModel) -> list[Certifiable]:
    return [*seen.metrics, *named_analyses(seen)]


def _certified(seen: VisibleModel, today: date) -> list[Certifiable]:
    states = (CertificationStatus.CERTIFIED, CertificationStatus.EXPIRED)
    return [thing for thing in _things(seen) if certification_status(thing, today) in states]


def _until(metric: Certifiable) -> date:
    found = certificate(metric)
    assert found is not None
    return found.until


def broken_questions(questions: Sequence[SavedQuestion], work: SavedWork) -> list[Task]:
    """Return tasks for saved questions that no longer run, or no longer run as saved. Raises StoreFailed."""
    tasks = [_broken(question, work) for question in questions[:MOST_READ]]
    return [task for task in tasks if task is not None]


def _broken(question: SavedQuestion, work: SavedWork) -> Task | None:
    try:
        opened = work.open(question.id)
    except UnknownQuestion:
        return None  # archived or moved since the list was read
    if SEALED in opened.messages:
        return None  # no one can repair the question
    why = next(iter(opened.messages), "")
    if not why:
        try:
            checked = work.workspace.preflight(opened.query, work.actor)
        except SemanticError as error:
            why = error.title
        else:
            why = "" if checked.ok else checked.error.title if checked.error is not None else "It no longer runs."
    return Task("question", question.name, why, "Fix", question.id) if why else None
