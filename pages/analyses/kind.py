"""What a kind of analysis provides to the page: an example, a form and a result. The frame does everything else.

To add a kind, write its `KindPage` in a folder here, and add it to KIND_PAGES in `kinds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pages.analyses.draft import Data
from pages.analyses.form import Form
from pages.analyses.running import ConvertedResult, PendingResult
from semantic.analyses.events.read import plan_events
from semantic.display.failures import failure_words
from semantic.errors import SemanticError
from semantic.services.analyzing.cost import Cost, cost_of
from semantic.services.analyzing.presentation import AnalysisPresentation
from semantic.services.analyzing.run import Analyzed, analyze, start_analysis
from semantic.services.analyzing.tables import TextTable

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of an analysis, with the words that every surface uses. `found` has the kind's own data, for its
    chart.
    """

    found: Any
    sentence: str
    rule: Sequence[str]
    notes: Sequence[str]
    tables: Sequence[TextTable]
    filters: str = ""
    scope: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Switch:
    """A button next to the counting rule, such as "Any order", with the definition that it opens."""

    label: str
    data: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """An answer on the page, with a function that opens another definition in its place."""

    answer: Answer
    asked: Any  # the kind's question that was answered
    data: Data  # the same question as JSON-like data
    key: str  # the prefix of the widget keys
    workspace: Workspace
    actor: Actor
    ask: Callable[[Data], None]
    """Opens another definition in place of this one. Undo returns to this one."""
    pages: Mapping[str, KindPage] = field(default_factory=dict[str, "KindPage"])
    """The page of every kind, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPage:
    """The page of one kind of analysis.

    `answers` says in one sentence what the kind answers. `example` returns a definition with metrics that the person
    can see, or the reason why there is none. `form` draws the main fields, and `counting` draws the others, under "How
    it counts". Both change `Form.data`, which the frame reads with `read` and runs with `run`. `result` draws the chart
    and related actions, between the sentence and the tables. `metrics` returns the metrics that a definition uses as
    events, which its filters must fit. `switches` returns the buttons next to the rule. `start` returns a definition
    with a metric as an event, or None if there is none. `begin`, if it's set, replaces `run`, so that the page can show
    progress and cancel the analysis. Without running it, `cost` returns what an analysis costs, and `check` returns why
    it can't be asked.
    """

    name: str
    label: str
    icon: str
    answers: str
    example: Callable[[VisibleModel, Workspace], Data | str]
    form: Callable[[Form], None]
    result: Callable[[ShownAnswer], None]
    read: Callable[[object], Any]
    data: Callable[[Any], Data]
    run: Callable[[Workspace, Any, Actor], Answer]
    metrics: Callable[[Data], list[str]]
    counting: Callable[[Form], None] | None = None
    switches: Callable[[Any, Data], Sequence[Switch]] = lambda asked, data: ()
    title: Callable[[Answer, Any], str] | None = None
    start: Callable[[str, VisibleModel, Workspace], Data | None] | None = None
    begin: Callable[[Workspace, Any, Actor], PendingResult[Answer]] | None = None
    cost: Callable[[Workspace, Any, Actor], Cost] | None = None
    check: Callable[[Workspace, Any, Actor], str] | None = None


def event_kind_page(
    telling: AnalysisPresentation[Any],  # Any: each kind has its own finding
    *,
    icon: str,
    answers: str,
    example: Callable[[VisibleModel, Workspace], Data | str],
    form: Callable[[Form], None],
    result: Callable[[ShownAnswer], None],
    **more: Any,
) -> KindPage:
    """Return the page of a kind that analyzes events. `more` sets other fields of KindPage."""
    kind = telling.kind

    def begin(workspace: Workspace, asked: Any, actor: Actor) -> PendingResult[Answer]:
        return ConvertedResult(
            start_analysis(workspace, kind, asked, actor), lambda analyzed: answer_of(telling, analyzed)
        )

    def check(workspace: Workspace, asked: Any, actor: Actor) -> str:
        try:
            plan_events(kind.reads(asked), workspace.visible(actor), today=workspace.today())
        except SemanticError as error:
            return failure_words(error)
        return ""

    return KindPage(
        name=kind.name,
        label=kind.label,
        icon=icon,
        answers=answers,
        example=example,
        form=form,
        result=result,
        read=kind.read,
        data=kind.data,
        run=lambda workspace, asked, actor: answer_of(telling, analyze(workspace, kind, asked, actor)),
        metrics=more.pop("metrics", metrics_in),
        begin=begin,
        check=check,
        cost=lambda workspace, asked, actor: cost_of(workspace, kind, asked, actor),
        **more,
    )


def answer_of(telling: AnalysisPresentation[Any], analyzed: Analyzed[Any]) -> Answer:
    """Return the result of an analysis in the form that the page shows."""
    return Answer(
        found=analyzed,
        sentence=telling.sentence(analyzed),
        rule=analyzed.rule,
        notes=telling.notes(analyzed),
        tables=telling.tables(analyzed),
        filters=analyzed.planned.filters,
        scope=analyzed.scope,
    )


def metrics_in(data: object) -> list[str]:
    """Return the metrics that a definition uses as events, in order and without repeats. Metrics of its sets don't
    count.
    """
    found: list[str] = []
    _collect(data, found)
    return list(dict.fromkeys(found))


def _collect(data: object, found: list[str]) -> None:
    if isinstance(data, dict):
        fields: dict[str, Any] = data  # pyright: ignore[reportUnknownVariableType]
        if isinstance(name := fields.get("metric"), str):
            found.append(name)
        for key, value in fields.items():
            if key not in ("where", "time", "of"):
                _collect(value, found)
    elif isinstance(data, list):
        items: list[Any] = data  # pyright: ignore[reportUnknownVariableType]
        for item in items:
            _collect(item, found)
