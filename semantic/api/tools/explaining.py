"""Tools about changes, analyses and earlier answers: explain, analyses, analyze and replay."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import Field

from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.named import read_any
from semantic.analyses.events.sets import all_names_in
from semantic.api.analyses import analyses_data
from semantic.api.responses import Data, answer_data, repairs_of, why_data
from semantic.api.tools import outputs
from semantic.api.tools.tool import Call, Id, Outcome, QuestionData, RefusedWithRepairs, Tool, ToolInput
from semantic.errors import Cancelled, InvalidQuery, SemanticError
from semantic.explore.repairs import Repair
from semantic.query.codec import query_to_json
from semantic.query.data import query_from_data
from semantic.query.query import LastYear, Previous, Query
from semantic.results.receipt import Receipt
from semantic.services.analyzing.presentation import analyzed_data
from semantic.services.analyzing.run import confirmed
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.analyzing.start import start_any
from semantic.services.receipts import replay, replay_data
from semantic.services.why import NO_COMPARISON, by_of, explain

MOST_BREAKDOWNS: Final = 8
ANALYSIS_COST: Final = "medium"
_STOPPED: Final = "No one is waiting for this explanation any more, so it was stopped."


class Explain(ToolInput):
    question: Annotated[
        QuestionData,
        Field(
            description='A question with one metric, a period and a comparison, such as "compare": [{"to": '
            '"previous"}]. Its breakdowns, if any, are the ones to look at; without, the nearest are.'
        ),
    ]


async def _explain(given: Explain, call: Call) -> Outcome:
    query, workspace = query_from_data(given.question), call.workspace
    if not query.compare and query.metrics and query.time is not None:
        raise RefusedWithRepairs(InvalidQuery(NO_COMPARISON), await call.turns.work(lambda: _compared(query, call)))
    gone = threading.Event()

    def before_each(question: Query) -> None:
        if gone.is_set():
            raise Cancelled(_STOPPED)
        # Its breakdowns and the parts of its formula are questions of their own.
        call.hooks.guidance.refuse(call.actor, query=question)
        call.hooks.proposals.check_people(call.actor, question)
        if workspace.at(question).visible(call.actor).min_groups:
            call.hooks.guard.count_guarded(call.actor, query_to_json(question))

    def explained() -> tuple[Data, str]:
        found = explain(query, workspace, call.actor, by=by_of(query), ahead=0, before_each=before_each)
        found = replace(found, result=workspace.confirmed(found.result))
        return why_data(found) | {"link": call.link(found.query)}, found.result.receipt

    try:
        preflight = await call.turns.work(lambda: workspace.preflight(query, call.actor))
        if preflight.ok:
            await call.turns.later(lambda: call.hooks.guidance.refuse(call.actor, query=query))
            await call.turns.later(lambda: call.hooks.proposals.check_people(call.actor, query))
            await call.turns.later(lambda: call.hooks.proposals.check(call.actor, query, preflight.cost))
            call.spent.append(preflight.cost)
        data, receipt = await call.turns.alone(explained)
    except SemanticError as error:
        repairs = await call.turns.work(lambda: repairs_of(query, workspace, call.actor))
        raise RefusedWithRepairs(error, repairs) from error
    finally:
        gone.set()  # if the caller has disconnected, no more questions are asked
    cells = sum(len(each["parts"]) for each in data["breakdowns"])
    return Outcome(data=data, cells=cells, cost=preflight.cost, receipt=receipt)


def _compared(query: Query, call: Call) -> list[Repair]:
    """Return the question as a repair for each comparison that works, with that comparison."""
    ways = ((Previous(), "Compare with the period before"), (LastYear(), "Compare with last year"))
    repairs = [Repair(label, "Adds a comparison.", replace(query, compare=(way,))) for way, label in ways]
    return [repair for repair in repairs if call.workspace.preflight(repair.query, call.actor).ok]


EXPLAIN: Final = Tool(
    name="explain",
    title="Explain why a number changed",
    description=(
        "Explain why a metric changed between two periods: the breakdowns and members that contributed most, rate and "
        "mix for ratios, the parts of its formula, and what late data contributed. Say contributed, not caused."
    ),
    given=Explain,
    output=outputs.WHY,
    run=_explain,
)


class Analyses(ToolInput):
    words: Annotated[str, Field(max_length=400, description="What to look for. Empty: all of them.")] = ""
    limit: Annotated[int, Field(ge=1, le=100, description="How many.")] = 20


async def _analyses(given: Analyses, call: Call) -> Outcome:
    work = SavedAnalyses(call.live.store, call.live.keys, call.workspace, call.actor)
    return Outcome(data=await call.turns.later(lambda: analyses_data(work, given.words, given.limit)))


ANALYSES: Final = Tool(
    name="analyses",
    title="List analyses of events",
    description=(
        "List the analyses of events, such as funnels, retention and paths, that this person saved or can open, and "
        "those that the model names. `analyze` runs a named one by its name."
    ),
    given=Analyses,
    output=outputs.ANALYSES,
    run=_analyses,
)


class Analyze(ToolInput):
    analysis: Annotated[
        dict[str, Any] | None,  # Any: JSON; read by semantic.analyses, which has the messages
        Field(
            description='The definition, such as {"kind": "funnel", "subject": "session", "steps": [...]}, or a named '
            'one: {"analysis": "visit_to_order", "time": {"last": 4, "unit": "week"}}.'
        ),
    ] = None
    analysis_id: Annotated[Id | None, Field(description="Instead of `analysis`: the ID of a saved analysis.")] = None


async def _analyze(given: Analyze, call: Call) -> Outcome:
    if (given.analysis is None) == (given.analysis_id is None):
        raise InvalidQuery("Give either `analysis` or `analysis_id`.")
    workspace, seen = call.workspace, call.workspace.visible(call.actor)
    if given.analysis_id is not None:
        saved, work = given.analysis_id, SavedAnalyses(call.live.store, call.live.keys, workspace, call.actor)
        analysis = (await call.turns.later(lambda: work.open(saved))).analysis
    else:
        analysis = await call.turns.work(lambda: read_any(given.analysis, seen))
    names = all_names_in(analysis.kind, analysis.asked)
    subject = analysis.kind.reads(analysis.asked).population.subject
    await call.turns.later(lambda: call.hooks.guidance.refuse(call.actor, query=names, subject=subject))
    await call.turns.later(lambda: call.hooks.proposals.check_people(call.actor, names))
    if seen.min_groups:
        await call.turns.later(lambda: call.hooks.guard.count_guarded(call.actor, analysis.text))
    call.spent.append(ANALYSIS_COST)
    pending = await call.turns.engine(lambda: start_any(workspace, analysis, call.actor))
    found = await call.turns.work(pending.result)
    stored = await call.turns.later(lambda: confirmed(workspace, found))
    data = await call.turns.work(lambda: analyzed_data(stored))
    return Outcome(data=data, cells=_numbers_in(data), cost=ANALYSIS_COST, receipt=stored.receipt)


def _numbers_in(data: Any) -> int:  # Any: JSON
    """Return the number of numbers in a finding, which agents' budgets count as cells."""
    match data:
        case bool():
            return 0
        case int() | float():
            return 1
        case dict():
            return sum(_numbers_in(each) for each in data.values())  # pyright: ignore[reportUnknownVariableType]
        case list():
            return sum(_numbers_in(each) for each in data)  # pyright: ignore[reportUnknownVariableType]
        case _:
            return 0


ANALYZE: Final = Tool(
    name="analyze",
    title="Run an analysis of events",
    description=(
        "Run an analysis of events: a saved one, one that the model names, or a definition. When you "
        "report it, include what `rule` and `notes` say."
    ),
    given=Analyze,
    output=outputs.ANALYZED,
    run=_analyze,
)


class Replay(ToolInput):
    receipt: Annotated[str, Field(min_length=1, max_length=40, description="Such as R-7K3Q-DM2X-WA94.")]


async def _replay(given: Replay, call: Call) -> Outcome:
    def before(receipt: Receipt, analysis: Analysis | None) -> None:
        """Check everything that could refuse the replay, before the engine does any work for it."""
        workspace, hooks = call.live.workspace(), call.hooks
        has_small_groups = bool(workspace.visible(call.actor).min_groups)
        if analysis is not None:
            names = all_names_in(analysis.kind, analysis.asked)
            subject = analysis.kind.reads(analysis.asked).population.subject
            hooks.guidance.refuse(call.actor, query=names, subject=subject)
            hooks.proposals.check_people(call.actor, names)
            if has_small_groups:
                hooks.guard.count_guarded(call.actor, f"{receipt.today} {receipt.definition}")
            call.spent.append(ANALYSIS_COST)
            return
        asked = receipt.query
        if asked is None:
            return
        hooks.guidance.refuse(call.actor, query=asked)
        preflight = workspace.preflight(asked, call.actor, today=receipt.today)
        if not preflight.ok:
            return  # it can't be asked, and `replay` says why in words that everyone can read
        hooks.proposals.check(call.actor, asked, preflight.cost)
        if has_small_groups or workspace.at(asked).visible(call.actor).min_groups:
            hooks.guard.count_guarded(call.actor, f"{receipt.today} {query_to_json(asked)}")
        call.spent.append(preflight.cost)

    def again() -> tuple[Data, int]:
        replayed = replay(call.live, given.receipt, call.actor, before=before)
        workspace, asked = call.live.workspace(), replayed.receipt.query
        if replayed.analyzed is not None:
            found = replay_data(replace(replayed, analyzed=confirmed(workspace, replayed.analyzed)))
            return found, _numbers_in(found["answer"])
        answer = None
        if replayed.result is not None and asked is not None:
            answer = answer_data(workspace.confirmed(replayed.result), workspace.at(asked).visible(call.actor))
        cells = len(answer["rows"]) * len(answer["columns"]) if answer else 0
        return replay_data(replayed) | {"answer": answer}, cells

    data, cells = await call.turns.alone(again)
    return Outcome(data=data, cells=cells, receipt=data["receipt"])


REPLAY: Final = Tool(
    name="replay",
    title="Replay a receipt",
    description=(
        "Ask a receipt's question again with this person's access, and say whether the numbers are equal, or what has "
        "changed since: the definition, the policy or the data."
    ),
    given=Replay,
    output=outputs.REPLAY,
    run=_replay,
)
TOOLS: Final = (EXPLAIN, ANALYSES, ANALYZE, REPLAY)
