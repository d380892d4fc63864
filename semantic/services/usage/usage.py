"""Usage by metric, saved question and board, computed from receipts, with unused and duplicated metrics.

Stewards and administrators see it, without people's names. The same numbers rank search results, by role and in coarse
steps, so that the order reveals nothing about who asked.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from types import MappingProxyType
from typing import Final
from weakref import WeakKeyDictionary, WeakSet

from semantic.errors import NotAllowed, SemanticError
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.model import Model
from semantic.policy.actor import ROLES, Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.upgrades import salvage
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.service_process import ServiceProcess
from semantic.services.usage.hidden import FEWEST, People, shown_people
from semantic.services.usage.in_use import metrics_in_use
from semantic.store.boards.boards import BoardHead, list_boards
from semantic.store.boards.viewers import count_viewers
from semantic.store.database import Store
from semantic.store.models.versions import files_of, read_versions
from semantic.store.numbers.outcomes import Outcomes, read_outcomes
from semantic.store.numbers.use import Use, first_answer_at, read_exports, read_people, read_use
from semantic.store.people import read_names
from semantic.store.questions.questions import SavedQuestion, list_questions, read_asked
from semantic.store.questions.text import digest_of

DAYS: Final = 90
MONTHS: Final = 6
KEPT_SECONDS: Final = 120.0
_NONE: Final = Outcomes()
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricUsage:
    """A metric's usage in the last 90 days. `slow` is the 95th percentile of its answers' duration, in seconds.

    `by_month` has each of the last six months, earliest first, with its first day and number of people.
    """

    metric: str
    people: People
    answers: int
    last_used: date | None
    failed: int = 0
    refused: int = 0
    slow: float | None = None
    exported: int = 0
    by_month: tuple[tuple[date, People], ...] = ()


@dataclass(frozen=True, slots=True)
class ItemUsage:
    """The number of people who opened a board in the last 30 days, or asked a saved question in the last 90."""

    head: BoardHead | SavedQuestion
    people: People
    last_used: date | None = None


@dataclass(frozen=True, slots=True)
class Unused:
    """The metrics that no one has used for 90 days, and that no board, alert, delivery or target uses.

    Inputs of used metrics count as used. As long as receipts cover less than 90 days, `metrics` is empty, and
    `known_from` is the day on which they will cover 90. After that, `known_from` is None.
    """

    metrics: tuple[str, ...]
    since: date
    known_from: date | None = None


@dataclass(frozen=True, slots=True)
class _UsageData:
    """All data that was read from the store, as of one moment."""

    today: date
    months: tuple[tuple[date, Mapping[str, set[str]]], ...]  # with the people of each metric
    recent: tuple[Use, ...]  # of the last 90 days
    outcomes: Mapping[str, Outcomes]
    exports: Mapping[str, int]
    first_at: datetime | None
    in_use: frozenset[str]  # by something stored


_READ: SingleFlightCache[_UsageData] = SingleFlightCache(4, seconds=KEPT_SECONDS)
_RANKS: SingleFlightCache[Mapping[str, Mapping[str, int]]] = SingleFlightCache(4, seconds=3_600.0)
_RANKS_BEFORE: Final[WeakKeyDictionary[Store, Mapping[str, Mapping[str, int]]]] = WeakKeyDictionary()
_READING: Final[WeakSet[Store]] = WeakSet()
_LOCK: Final = threading.Lock()


def usage_of(live: ServiceProcess) -> Mapping[str, MetricUsage]:
    """Return each metric's usage by name, including unused metrics. Raises StoreFailed."""
    read, model = _read(live), live.workspace().model
    people: dict[str, set[str]] = defaultdict(set)
    answers, last = Counter[str](), dict[str, datetime]()
    for use in read.recent:
        for metric in use.metrics:
            people[metric].add(use.subject)
            answers[metric] += use.answers
            last[metric] = max(use.last_at, last.get(metric, use.last_at))
    return {
        name: MetricUsage(
            metric=name,
            people=shown_people(len(people[name])),
            answers=answers[name],
            last_used=last[name].date() if name in last else None,
            failed=read.outcomes.get(name, _NONE).failed,
            refused=read.outcomes.get(name, _NONE).refused,
            slow=read.outcomes.get(name, _NONE).slow(),
            exported=read.exports.get(name, 0),
            by_month=tuple((month, shown_people(len(by_metric.get(name, ())))) for month, by_metric in read.months),
        )
        for name in model.metrics
    }


def unused(live: ServiceProcess, usage: Mapping[str, MetricUsage]) -> Unused:
    """Return the metrics, except new ones, that no one has used for 90 days and that no stored item uses."""
    read, model = _read(live), live.workspace().model
    since = read.today - timedelta(days=DAYS)
    first = read.first_at.date() if read.first_at is not None else read.today
    if first > since:
        return Unused((), since, first + timedelta(days=DAYS))
    used = {name for name, use in usage.items() if use.answers} | read.in_use
    known = _metrics_on(live, since)
    needed = used | _inputs(model, used)
    names = [
        name for name, metric in model.metrics.items() if name not in needed and name in known and not metric.own_data
    ]
    return Unused(tuple(sorted(names)), since)


def same_metrics(model: Model) -> list[tuple[str, ...]]:
    """Return groups of metrics whose numbers are always equal, because their definitions are."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, metric in model.metrics.items():
        if not metric.own_data:
            groups[metric_digest(model, name)].append(name)
    return [tuple(names) for names in groups.values() if len(names) > 1]


def question_usage(live: ServiceProcess, actor: Actor) -> list[ItemUsage]:
    """Return the usage of saved questions in shared spaces, most used first.

    Anyone who asked the same question counts, even without opening the saved one.
    """
    _check(actor)
    read = _read(live)
    with live.store.read() as connection:
        questions = [head for head in list_questions(connection, actor) if head.space]
        asked = read_asked(connection, [head.id for head in questions])
    people: dict[str, set[str]] = defaultdict(set)
    last: dict[str, datetime] = {}
    digests: dict[str, str] = {}
    for use in read.recent:
        if use.query is None:
            continue
        digest = digests.get(use.query)
        if digest is None:
            try:
                digest = digest_of(salvage(use.query)[0], live.keys)
            except SemanticError:
                digest = ""
            digests[use.query] = digest
        people[digest].add(use.subject)
        last[digest] = max(use.last_at, last.get(digest, use.last_at))
    found = [
        ItemUsage(
            head, shown_people(len(people.get(asked.get(head.id, "-"), ()))), _day(last.get(asked.get(head.id, "-")))
        )
        for head in questions
    ]
    return sorted(found, key=lambda one: (-_rank(one.people), one.head.id))


def board_usage(live: ServiceProcess, actor: Actor) -> list[ItemUsage]:
    """Return the usage of boards in shared spaces, most used first.

    Anyone who opened a board in the last 30 days counts.
    """
    _check(actor)
    with live.store.read() as connection:
        boards = [head for head in list_boards(connection, actor) if head.space and head.version]
        viewers = count_viewers(connection, live.store.now().date())
    found = [ItemUsage(head, shown_people(viewers.get(head.id, 0))) for head in boards]
    return sorted(found, key=lambda one: (-_rank(one.people), one.head.id))


def search_ranks(live: ServiceProcess, actor: Actor) -> Mapping[str, int]:
    """Return each metric's rank by usage among people with this person's role. A rank doubles the number of people.

    A metric that fewer than five of these people used has no rank, and everyone with the role gets the same ranks.
    Reading ranks can take seconds, so it happens in the background, and searches use the previous ranks until then.
    """
    store, role = live.store, role_of(actor)
    known = _RANKS.peek(store)
    if known is None:
        known = _RANKS_BEFORE.get(store, {})
        _read_behind(store, live.people())
    return known.get(role, MappingProxyType({}))


def read_ranks(store: Store, people: Mapping[str, Actor]) -> Mapping[str, Mapping[str, int]]:
    """Return the ranks of metrics by role. They are cached for an hour. Raises StoreFailed."""
    ranks = _RANKS.get(store, lambda: _ranks(store, people))
    _RANKS_BEFORE[store] = ranks
    return ranks


def _read_behind(store: Store, people: Mapping[str, Actor]) -> None:
    with _LOCK:
        if store in _READING:
            return
        _READING.add(store)

    def read() -> None:
        try:
            read_ranks(store, people)
        except SemanticError as error:
            _LOG.warning("Couldn't read usage, so searches don't rank by it. %s", error)
        finally:
            with _LOCK:
                _READING.discard(store)

    threading.Thread(target=read, name="search ranks", daemon=True).start()


def role_of(actor: Actor) -> str:
    """Return a person's highest role, or "" if they have none."""
    return max(actor.roles.intersection(ROLES), key=ROLES.index, default="")


def roles_by_subject(live: ServiceProcess, subjects: Iterable[str]) -> dict[str, str]:
    """Return these people's current roles by number, without services and people who have left."""
    wanted = set(subjects)
    if not wanted:
        return {}
    people = live.people()
    with live.store.read() as connection:
        names = read_names(connection, wanted)
    return _roles(names, people)


def _roles(names: Mapping[str, tuple[str, str]], people: Mapping[str, Actor]) -> dict[str, str]:
    found = {subject: people[id_] for subject, (id_, _) in names.items() if id_ in people}
    return {subject: role_of(actor) for subject, actor in found.items() if actor.kind == "person" and role_of(actor)}


def shown_metrics(usage: Mapping[str, MetricUsage], seen: VisibleModel) -> list[MetricUsage]:
    """Return the usage of the metrics that a steward can see, most used first."""
    known = {metric.name for metric in seen.metrics}
    listed = [use for use in usage.values() if use.metric in known]
    return sorted(listed, key=lambda use: (-_rank(use.people), -use.answers, use.metric))


def require_steward(actor: Actor) -> None:
    """Raise NotAllowed if a person can't see usage."""
    _check(actor)


def _check(actor: Actor) -> None:
    if not actor.is_at_least("steward"):
        raise NotAllowed("Only stewards and administrators can see usage.")


def _rank(people: People) -> int:
    return FEWEST - 1 if people.count is None else people.count


def _read(live: ServiceProcess) -> _UsageData:
    today = live.store.now().date()
    return _READ.get((live.store, today), lambda: _read_now(live, today))


def forget_usage() -> None:
    """Clear the cached usage, in tests and after a change."""
    _READ.clear()
    _RANKS.clear()
    _RANKS_BEFORE.clear()


def _read_now(live: ServiceProcess, today: date) -> _UsageData:
    now = live.store.now()
    since = now - timedelta(days=DAYS)
    firsts = _months(today)
    with live.store.read() as connection:
        months = tuple(
            (first, read_people(connection, _moment(first, now), _moment(after, now)))
            for first, after in zip(firsts, [*firsts[1:], today + timedelta(days=1)], strict=True)
        )
        return _UsageData(
            today=today,
            months=months,
            recent=tuple(read_use(connection, since, now + timedelta(seconds=1))),
            outcomes=read_outcomes(connection, since.date(), today),
            exports=read_exports(connection, since),
            first_at=first_answer_at(connection),
            in_use=metrics_in_use(live, since.date()),
        )


def _months(today: date) -> list[date]:
    """Return the first days of the last six months, including the current one, earliest first."""
    firsts = [today.replace(day=1)]
    while len(firsts) < MONTHS:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    return firsts[::-1]


def _moment(day: date, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)


def _metrics_on(live: ServiceProcess, day: date) -> frozenset[str]:
    """Return the metrics that the model had at the end of a day.

    If no version is that old, returns the current metrics.
    """
    model = live.workspace().model
    if live.workspace().published is None:
        return frozenset(model.metrics)
    with live.store.read() as connection:
        before = [version for version in read_versions(connection) if version.effective_at.date() <= day]
        if not before:
            return frozenset(model.metrics)
        version = max(before, key=lambda one: (one.effective_at, one.number))
        files = files_of(connection, version.number)
    return frozenset(thing.name for thing in objects_of(files) if thing.kind is ObjectKind.METRIC)


def _inputs(model: Model, names: Iterable[str]) -> set[str]:
    """Return every metric from which these metrics are calculated, including indirect inputs."""
    found: set[str] = set()
    left = list(names)
    while left:
        metric = model.metrics.get(left.pop())
        for name in metric.inputs if metric is not None else ():
            if name not in found:
                found.add(name)
                left.append(name)
    return found


def _ranks(store: Store, everyone: Mapping[str, Actor]) -> Mapping[str, Mapping[str, int]]:
    now = store.now()
    with store.read() as connection:
        users = read_people(connection, now - timedelta(days=DAYS), now + timedelta(seconds=1))
        names = read_names(connection, {subject for subjects in users.values() for subject in subjects})
    roles = _roles(names, everyone)
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for metric, subjects in users.items():
        for subject in subjects & roles.keys():
            people[roles[subject], metric].add(subject)
    ranks: dict[str, dict[str, int]] = defaultdict(dict)
    for (role, metric), subjects in people.items():
        if len(subjects) >= FEWEST:
            ranks[role][metric] = ceil(len(subjects) / FEWEST).bit_length()
    return ranks


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None
