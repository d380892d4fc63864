"""Adoption of Samepage: active people by role and week, and how well their questions are answered.

This includes the share of questions with an answer, how soon new people get their first answer, and how soon requests
are answered. No number is about a single person: groups below five are hidden, and people aren't listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from semantic.policy.actor import ROLES, Actor
from semantic.services.service_process import ServiceProcess
from semantic.services.usage.hidden import FEWEST, Groups, shown_groups
from semantic.services.usage.usage import DAYS, require_steward, roles_by_subject
from semantic.store.numbers.outcomes import EVERY, Outcomes, read_outcomes
from semantic.store.numbers.use import FirstUse, count_answers, read_active, read_first_uses
from semantic.store.requests.requests import Request, read_requests

WEEKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The contents of the page Adoption: the last 90 days, and active people over twelve complete weeks.

    `to_first_answer` and `turnaround` are medians, or None for fewer than five people or requests.
    """

    weeks: tuple[tuple[date, Groups], ...]
    active: Groups  # in the last four complete weeks
    answers: int
    without_answer: int
    requests: int
    to_first_answer: timedelta | None
    turnaround: timedelta | None
    open_requests: int

    @property
    def answered_share(self) -> float | None:
        """The share of questions that Samepage answered without anyone's help, or None if there are no questions."""
        total = self.answers + self.without_answer + self.requests
        return self.answers / total if total else None


def adoption_of(live: ServiceProcess, actor: Actor) -> Adoption:
    """Return the adoption of Samepage. Raises NotAllowed, StoreFailed."""
    require_steward(actor)
    now = live.store.now()
    since = now - timedelta(days=DAYS)
    monday = now.date() - timedelta(days=now.weekday())
    starts = [monday - timedelta(weeks=back) for back in range(WEEKS, 0, -1)]
    with live.store.read() as connection:
        by_week = [
            (start, read_active(connection, _at(start, now), _at(start + timedelta(7), now))) for start in starts
        ]
        answers = count_answers(connection, since)
        ended = read_outcomes(connection, since.date(), now.date()).get(EVERY, Outcomes())
        firsts = read_first_uses(connection, since)
        requests = read_requests(connection, live.keys, since=since)
    everyone = {subject for _, subjects in by_week for subject in subjects} | {first.subject for first in firsts}
    roles = roles_by_subject(live, everyone)
    recent = {subject for _, subjects in by_week[-4:] for subject in subjects}
    return Adoption(
        weeks=tuple((start, _by_role(subjects, roles)) for start, subjects in by_week),
        active=_by_role(recent, roles),
        answers=answers,
        without_answer=ended.refused + ended.failed,
        requests=sum(request.made_at >= since for request in requests),
        to_first_answer=_to_first_answer([first for first in firsts if first.subject in roles]),
        turnaround=_turnaround(requests),
        open_requests=sum(request.is_open for request in requests),
    )


def _by_role(subjects: set[str], roles: dict[str, str]) -> Groups:
    counts = Counter(roles[subject] for subject in subjects if subject in roles)
    return shown_groups({role: counts[role] for role in ROLES})


def _to_first_answer(firsts: Sequence[FirstUse]) -> timedelta | None:
    waits = [first.answer_at - first.seen_at for first in firsts if first.answer_at is not None]
    return _median([max(wait, timedelta()) for wait in waits])


def _turnaround(requests: Sequence[Request]) -> timedelta | None:
    ended = [one for one in requests if one.state in ("answered", "declined") and one.ended_at is not None]
    if len({one.asker for one in ended}) < FEWEST:
        return None
    return _median([one.ended_at - one.made_at for one in ended if one.ended_at is not None])


def _median(waits: Sequence[timedelta]) -> timedelta | None:
    if len(waits) < FEWEST:
        return None
    return timedelta(seconds=median(wait.total_seconds() for wait in waits))


def _at(day: date, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
