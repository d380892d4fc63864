"""One tile's question with its answer, which arrives later, and the additions shown next to it.

The additions are a trend, the usual range, remarks and the pace.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from math import inf
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from semantic.analyses.events.definition import Analysis
from semantic.annotations.annotation import Annotation
from semantic.answering.pending import Pending
from semantic.boards.applied import TileQuestion
from semantic.boards.apply import course_of
from semantic.boards.board import TileKind
from semantic.display import trust
from semantic.display.boards.shown import AnalysisShown, TileShown
from semantic.display.failures import failure_title
from semantic.display.format import listed, moment
from semantic.display.rows import NO_USUAL, Usual, main_values
from semantic.display.trust import Fact
from semantic.display.words.headline import finding
from semantic.errors import Cancelled, EngineFailed, SemanticError
from semantic.explore.preflight import Preflight
from semantic.policy.actor import Actor
from semantic.query.query import Period, Query
from semantic.results.result import Result
from semantic.run.workers import Workers
from semantic.services.analyzing.facts import analysis_days, analysis_facts, events_of
from semantic.services.analyzing.pending import PendingAnalysis
from semantic.services.analyzing.presentation import analysis_shown
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.start import start_any
from semantic.services.board_answers.refused import refusal_words
from semantic.services.targets.work import TargetWork
from semantic.services.usual import UsualQuestion, usual_question
from semantic.targets.pace import NoPace, Pace
from semantic.workspace import Workspace

BESIDE_SECONDS = 0.15  # how long a chart waits for its remarks, or a number for its trend
BESIDE_AGAIN = 30.0  # when they are read again, because remarks and targets change without new data
NOT_NEWEST = "Couldn't refresh the data."


@dataclass(slots=True)
class TileAnswer:
    """A tile's answer in one state of its board, for one person and one model version.

    `result` may be an earlier answer, shown with its own time until the current one arrives.
    """

    question: TileQuestion
    actor: Actor
    version: str
    target_work: Callable[[Workspace, Actor], TargetWork]
    checked: Preflight | None = None
    labels: tuple[str, ...] = ()  # of its metrics
    pending: Pending | None = None
    course: Pending | None = None
    result: Result | None = None
    running: PendingAnalysis[Analyzed[Any]] | None = None  # Any: each kind of analysis has its own finding
    analyzed: Analyzed[Any] | None = None
    line: Result | None = None
    usually: UsualQuestion | None = None
    earlier: Pending | None = None  # the numbers that show what is usual
    usual: Usual = field(default_factory=lambda: NO_USUAL)
    error: SemanticError | None = None
    failed: SemanticError | None = None  # why the newest answer failed, until one arrives
    is_earlier: bool = False
    began: float = 0.0
    took: float = 0.0  # seconds that its analysis took
    computed_at: datetime | None = None  # when its analysis was computed
    answered: float = 0.0
    beside: Future[tuple[Annotation, ...]] | None = None
    remarks: tuple[Annotation, ...] = ()
    reach: Future[Pace | NoPace | None] | None = None
    beside_at: float = 0.0  # when the remarks and the pace were requested
    pace: Pace | NoPace | None = None
    found: tuple[Result, Usual, str] | None = None  # the finding, and what it's about
    told: tuple[Analyzed[Any], AnalysisShown] | None = None  # an analysis, and its result in words
    default: Period | None = None  # the board's period unless a viewer picks one
    refusal: str = ""  # why it can't be asked, after its title

    @property
    def kind(self) -> TileKind:
        return self.question.tile.kind

    @property
    def is_waiting(self) -> bool:
        """Whether a pending answer would change what the tile shows."""
        return any(
            pending is not None
            for pending in (self.pending, self.running, self.course, self.earlier, self.beside, self.reach)
        )

    @property
    def is_judging(self) -> bool:
        """Whether the number's usual range or pace is pending."""
        return self.earlier is not None or self.reach is not None

    @property
    def is_drawable(self) -> bool:
        """Whether enough has arrived to draw the tile: a number without its trend and pace, or a chart without remarks.

        A tile waits briefly for missing parts, so that it is usually drawn only once.
        """
        if self.running is not None:
            return self.analyzed is not None
        if self.pending is not None:
            return self.is_earlier
        if self.kind is TileKind.NUMBER:
            has_all = self.course is None and not self.is_judging
            return has_all or monotonic() - self.answered > BESIDE_SECONDS
        return self.beside is None or monotonic() - self.began > BESIDE_SECONDS

    @property
    def is_cancelled(self) -> bool:
        """Whether the viewer cancelled the tile's question. They can ask it again."""
        return self.error is not None and self.error.code == "cancelled"

    @property
    def is_stale(self) -> bool:
        """Whether the tile shows an earlier result because the latest attempt failed, and can be retried."""
        return self.result is not None and (self.failed is not None or self.error is not None)

    @property
    def has_widgets(self) -> bool:
        """Whether the drawn tile contains widgets. A skeleton doesn't."""
        return self.result is not None or self.analyzed is not None or self.error is not None

    @property
    def face(self) -> tuple[object, ...]:
        """Everything that the tile's drawing depends on. If this value changes, the tile must be drawn again."""
        answer = self.result, self.analyzed, self.line, self.usual, self.remarks, self.pace
        return *answer, self.error, self.failed, self.is_earlier

    def ask(self, workspace: Workspace) -> None:
        """Ask the tile's question, or ask it again.

        The earlier result stays until a newer one arrives. If the refresh fails, it stays with a notice.
        """
        query = self.question.query
        if self.question.analysis is not None:
            self._run(self.question.analysis, workspace)
            return
        if query is None:
            return
        self.leave()
        self.checked, self.error, self.began = workspace.preflight(query, self.actor), None, monotonic()
        known = {metric.name: metric.label or metric.name for metric in workspace.visible(self.actor).metrics}
        self.labels = tuple(known[name] for name in query.metrics if name in known)
        if not self.checked.ok:
            self.error, self.failed, self.result = self.checked.error, None, None
            self.refusal = self._refusal(query, workspace)
            return
        try:
            self.pending = workspace.start(query, self.actor)
            if not self.pending.done():
                self._find_earlier(self.pending, workspace)
            if self.kind is TileKind.NUMBER:
                course = course_of(query)
                if workspace.preflight(course, self.actor).ok:
                    self.course = workspace.start(course, self.actor)
        except SemanticError as error:
            self._fail(error)

    def _run(self, analysis: Analysis, workspace: Workspace) -> None:
        """Start the tile's analysis. The earlier result stays until a newer one arrives."""
        self.leave()
        self.error, self.began = None, monotonic()
        try:
            self.running = start_any(workspace, analysis, self.actor)
        except SemanticError as error:
            self.error, self.analyzed = error, None

    def _refusal(self, query: Query, workspace: Workspace) -> str:
        if self.error is None:
            return ""
        check = workspace.preflight
        return refusal_words(
            self.error, self.question.tile, query, self.default, lambda other: check(other, self.actor).ok
        )

    def _find_earlier(self, pending: Pending, workspace: Workspace) -> None:
        """Look for an earlier answer to show while the current one is pending, in case the data has changed since.

        The answer can be from this session, or else from anyone with the same access.
        """
        query = self.question.query
        if self.result is None and query is not None:
            self.result = workspace.earlier(query, self.actor)
        if self.result is not None and self.result.data_version == pending.version:
            self.result = None
        self.is_earlier = self.result is not None

    def settle(self, workspace: Workspace) -> bool:
        """Store the answers that have arrived, and return whether there were any."""
        changed = False
        if self.running is not None and self.running.done():
            running, self.running, changed = self.running, None, True
            try:
                self.analyzed, self.error, self.took = running.result(), None, monotonic() - self.began
                self.computed_at, self.failed = _computed_at(running), None
            except SemanticError as error:
                self.error, self.failed, self.analyzed = error, error, None
        if self.pending is not None and self.pending.done():
            pending, self.pending, changed = self.pending, None, True
            try:
                self._take(pending.result(), workspace)
            except SemanticError as error:
                self._fail(error)
        if self.course is not None and self.course.done() and self.pending is None:
            course, self.course, changed = self.course, None, True
            try:
                self.line = course.result()
            except SemanticError:
                self.line = None  # the number is shown without it
        if self.earlier is not None and self.usually is not None and self.earlier.done():
            earlier, self.earlier, changed = self.earlier, None, True
            self.usual = self.usually.read(earlier)
        if self.beside is not None and self.beside.done():
            beside, self.beside, changed = self.beside, None, True
            remarks = beside.result()
            if remarks != self.remarks:  # already drawn, so it needn't be drawn again
                self.remarks = remarks
        if self.reach is not None and self.reach.done():
            reach, self.reach, changed = self.reach, None, True
            pace = reach.result()
            if pace != self.pace:
                self.pace = pace
        return changed

    def _take(self, result: Result, workspace: Workspace) -> None:
        is_same = self.result is not None and self.result.table is result.table
        self.result, self.error, self.failed, self.is_earlier = result, None, None, False
        self.answered = monotonic()
        if self.kind is TileKind.NUMBER and (not is_same or (self.usually is not None and not self.usual)):
            self._ask_usual(result, workspace)
        if is_same and monotonic() - self.beside_at < BESIDE_AGAIN:
            return
        self.beside_at = monotonic()
        if self.kind is TileKind.CHART and any(key.grain is not None for key in result.keys):
            self.beside = _beside().call(lambda: _remarks(result, workspace, self.actor), self.actor.id)
        query = self.question.query
        if self.kind is TileKind.NUMBER and query is not None:
            self.pace = self.pace if is_same else None
            work = self.target_work(workspace, self.actor)
            self.reach = _beside().call(lambda: _pace(query, result, work), self.actor.id)

    def _ask_usual(self, result: Result, workspace: Workspace) -> None:
        self.usual, self.usually = NO_USUAL, None
        try:
            home = workspace.at(result.query)
            self.usually = usual_question(result, home.visible(self.actor))
            if self.usually is not None:
                self.earlier = home.start(self.usually.query, self.actor)
        except SemanticError:
            self.usually = None  # the change is shown without a verdict

    def _fail(self, error: SemanticError) -> None:
        self.error, self.failed, self.pending = error, error, None
        if not self.is_earlier and not isinstance(error, EngineFailed):  # else the earlier value stays
            self.result = None
        self.is_earlier = False

    def forget_beside(self) -> None:
        """Reload the tile's remarks and pace on the next request. Until then, the tile shows the previous ones."""
        self.beside_at = -inf

    def await_beside(self, seconds: float) -> None:
        """Wait up to `seconds` for remarks and pace, or return immediately if the answer itself is still pending."""
        if self.pending is not None:
            return
        if self.beside is not None:
            wait([self.beside], seconds)
        if self.reach is not None:
            wait([self.reach], seconds)

    def leave(self) -> None:
        """Stop waiting for the tile's answers. A question that no other viewer waits for is cancelled."""
        for pending in (self.pending, self.running, self.course, self.earlier):
            if pending is not None:
                pending.leave()
        self.pending = self.running = self.course = self.earlier = None

    def cancel(self) -> None:
        """Cancel the tile's question at the viewer's request. The earlier result stays."""
        self.leave()
        self.error, self.is_earlier = Cancelled("Cancelled."), False

    def shown(self, workspace: Workspace) -> TileShown:
        """Return the tile's current contents as plain data."""
        question, result = self.question, self.result
        if question.analysis is not None:
            return self._analysis_shown(question.analysis, workspace)
        is_before = self.is_earlier or self.is_stale
        sentence = question.missing
        if self.is_stale:
            sentence = NOT_NEWEST
        elif self.error is not None:
            sentence = failure_title(self.error)
        is_newest = result is not None and not is_before
        return TileShown(
            tile=question.tile,
            title=self.title,
            finding=self._finding(self.usual if is_newest else NO_USUAL),
            words=_words(result) if result is not None else self.checked.period.words if self.checked else "",
            query=question.query,
            result=result,
            sentence=sentence,
            ignored=question.ignored,
            line=self.line if is_newest or (result is not None and self._is_of_one_time(result)) else None,
            usual=self.usual if is_newest else NO_USUAL,
            facts=self._facts(result, workspace) if result is not None else (),
            pace=self.pace if is_newest and isinstance(self.pace, Pace) else None,
            no_pace=self.pace if is_newest and isinstance(self.pace, NoPace) else None,
            is_pacing=result is not None and self.reach is not None and _has_target(result),
            is_earlier=self.is_earlier or (result is None and self.pending is not None),
        )

    def _analysis_shown(self, analysis: Analysis, workspace: Workspace) -> TileShown:
        tile, analyzed = self.question.tile, self.analyzed
        found = self._found_words(analyzed, workspace) if analyzed is not None else None
        return TileShown(
            tile=tile,
            title=tile.title or (found.title if found is not None else analysis.kind.label),
            finding=found.sentence if found is not None else "",
            words=analysis_days(analyzed) if analyzed is not None else "",
            definition=analysis.text,
            analysis=found,
            facts=analysis_facts(analyzed, today=workspace.today()) if analyzed is not None else (),
            seconds=self.took,
            sentence=failure_title(self.error) if self.error is not None else "",
            ignored=self.question.ignored,
            is_earlier=self.running is not None,
        )

    def _found_words(self, analyzed: Analyzed[Any], workspace: Workspace) -> AnalysisShown:
        """Return the analysis in words. Each result's words are computed only once."""
        if self.told is None or self.told[0] is not analyzed:
            told, kind, events = analysis_shown(analyzed), analyzed.analysis.kind.name, events_of(analyzed)
            zone = events.time_zone if events is not None else workspace.model.settings.time_zone
            self.told = analyzed, replace(told, kind=kind, computed_at=self.computed_at, time_zone=zone)
        return self.told[1]

    def _finding(self, usual: Usual) -> str:
        """Return the answer's finding as a sentence. Each answer's finding is computed only once."""
        if self.result is None:
            return ""
        if self.found is None or self.found[0] is not self.result or self.found[1] is not usual:
            self.found = (self.result, usual, finding(self.result, usual))
        return self.found[2]

    def _is_of_one_time(self, result: Result) -> bool:
        """Whether the trend and the displayed result were computed from the same version of the data."""
        return (
            self.line is not None and result.data_version is not None and self.line.data_version == result.data_version
        )

    @property
    def title(self) -> str:
        """The tile's own title, or else one derived from its question.

        For a number or a refused question, the derived title is the names of its metrics.
        """
        tile, checked = self.question.tile, self.checked
        if tile.title or checked is None:
            return tile.title
        if checked.title and tile.kind is not TileKind.NUMBER:
            return checked.title
        return listed(self.labels)

    def _facts(self, result: Result, workspace: Workspace) -> tuple[Fact, ...]:
        # Checks that failed since the answer was read count too: a tile may stay open for hours.
        failed = workspace.failed(result, workspace.visible(self.actor))
        known = trust.facts(result, today=workspace.today(), checks=failed)
        zone = ZoneInfo(workspace.model.settings.time_zone)
        word = f"As of {moment(result.computed_at.astimezone(zone))}"
        if self.is_stale:
            return (*known, Fact(word, "history", "caution", f"{NOT_NEWEST} {word}.", "fresh"))
        if self.is_earlier:
            return (*known, Fact(word, "history", "info", f"{word}. Refreshing…", "fresh"))
        return known


def _computed_at(running: object) -> datetime:
    """Return when an analysis was computed.

    The rows of a single statement can be cached. For any other analysis, that is now.
    """
    return running.computed_at if isinstance(running, PendingAnalysis) else datetime.now(UTC)


def _has_target(result: Result) -> bool:
    """Whether the model has a target for an answer's only metric."""
    values = main_values(result)
    return len(values) == 1 and values[0].metric is not None and bool(values[0].metric.target)


def _words(result: Result) -> str:
    days = result.period.words
    against = [period.words for period in result.compared.values() if period.words]
    if days and against:
        days = f"{days}, compared with {' and '.join(against)}"
    return ". ".join(part for part in (days, result.filters, result.period.time_zone) if part)


@cache
def _beside() -> Workers:
    """Return the threads that load remarks and pace, separate so that tiles don't wait for other people's boards."""
    return Workers(2)


def _remarks(shown: Result, workspace: Workspace, actor: Actor) -> tuple[Annotation, ...]:
    """Return the remarks on an answer's days, or an empty tuple if they can't be read.

    The answer is complete even without remarks.
    """
    try:
        return workspace.annotations(shown, actor)
    except SemanticError:
        return ()


def _pace(query: Query, result: Result, work: TargetWork) -> Pace | NoPace | None:
    """Return a number's progress towards its target, or why that can't be calculated.

    Returns None if there is no target.
    """
    try:
        return work.pace(query, result)
    except SemanticError as error:
        return NoPace(f"Couldn't check for a target. {failure_title(error)}", "Couldn't load the target")
