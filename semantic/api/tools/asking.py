"""Tools that check and answer questions: read, check, ask and chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from semantic.answering.pending import Pending
from semantic.api.responses import Data, answer_data, check_data, reading_data, refusal_data, repairs_of
from semantic.api.tools import outputs
from semantic.api.tools.tool import LISTED, Call, Id, Outcome, QuestionData, RefusedWithRepairs, Tool, ToolInput
from semantic.display.charts.charts import chart_for
from semantic.display.charts.kinds import LABELS
from semantic.display.paper.figure import figure_height, is_drawable
from semantic.display.paper.pixels import DENSITY, figure_png
from semantic.display.tokens import LIGHT
from semantic.errors import InvalidQuery, SemanticError
from semantic.query.codec import query_to_json
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.services.finding.finder import in_words
from semantic.services.saved_questions import SavedWork

MOST_ROWS: Final = 1_000
SOME_ROWS: Final = 200
PICTURE_WIDTH: Final = 560
"""In points. A picture has twice as many pixels."""

ONE_OF_BOTH: Final = "Give either `question` or `question_id`."
NO_PICTURE: Final = "There is no chart of this answer. Use its rows instead."


class Read(ToolInput):
    words: Annotated[str, Field(min_length=1, max_length=400, description="The question as the person asked it.")]
    previous: Annotated[
        QuestionData, Field(description='The question that this one continues, if it does: "and by country?"')
    ] = None


async def _read(given: Read, call: Call) -> Outcome:
    previous = query_from_data(given.previous) if given.previous is not None else None
    words = call.live.finder().words
    await call.turns.later(lambda: call.hooks.guidance.refuse(call.actor, words=given.words))
    seen, today = call.workspace.visible(call.actor), call.workspace.today()

    def read() -> Data:
        reading = words.read(given.words, call.actor, today=today, previous=previous)
        asked, said = reading.question, ""
        if asked is not None:
            said = in_words(asked, seen, today)
        data = reading_data(reading)
        return data | ({"title": said} if said else {}) | {"link": call.link(asked) if asked is not None else None}

    # The first call of everyone who sees the same also reads the members, which waits for the engine.
    run = call.turns.work if words.known(call.actor) is not None else call.turns.alone
    data = await run(read)
    return Outcome(data=data, asks_back=data["question"] is None)


READ: Final = Tool(
    name="read",
    title="Read a question in words",
    description=(
        "Turn a person's words into a question, with names and values that they can see, and without a language "
        "model. Use it before you write a question yourself. If `asks` isn't empty, the words have several meanings: "
        "ask the person which. If `left` isn't empty, those words weren't understood: say so, and don't guess."
    ),
    given=Read,
    output=outputs.READ,
    run=_read,
)


class Check(ToolInput):
    question: Annotated[QuestionData, Field(description="The question.")]


async def _check(given: Check, call: Call) -> Outcome:
    query = query_from_data(given.question)

    def check() -> Data:
        found = check_data(query, preflight, call.workspace.visible(call.actor))
        if preflight.error is not None:
            found |= refusal_data(preflight.error, preflight.repairs, lists=LISTED)
        return found | {"link": call.link(query) if found["is_valid"] else None}

    preflight = await call.turns.work(lambda: call.workspace.preflight(query, call.actor))
    if preflight.ok:
        await call.turns.later(lambda: call.hooks.guidance.refuse(call.actor, query=query))
    return Outcome(data=await call.turns.work(check))


CHECK: Final = Tool(
    name="check",
    title="Check a question without asking it",
    description=(
        "Check whether a question can be asked, without reading rows: its title, period, cost, the rows that this "
        "person can see, and what else can break it down; or why it can't, with repairs that work."
    ),
    given=Check,
    output=outputs.CHECK,
    run=_check,
)


class Ask(ToolInput):
    question: Annotated[QuestionData, Field(description="The question. Leave it out if you give `question_id`.")] = None
    question_id: Annotated[Id | None, Field(description="The ID of a saved question.")] = None
    rows: Annotated[int, Field(ge=1, le=MOST_ROWS, description="Return at most this many rows.")] = SOME_ROWS


class _Answered(NamedTuple):
    """An answer, and the workspace that computed it.

    It also has the parts of a saved question that this actor can't see, and the stewards' guidance.
    """

    result: Result
    pending: Pending
    cost: str
    saved: tuple[str, ...]
    guidance: Data


async def _answered(question: object, question_id: str | None, call: Call) -> _Answered:
    """Answer a question. Raises SemanticError, and RefusedWithRepairs if the question can't be answered."""
    if (question is None) == (question_id is None):
        raise InvalidQuery(ONE_OF_BOTH)
    saved: tuple[str, ...] = ()
    if question_id is not None:
        opened = await call.turns.later(
            lambda: SavedWork(call.live.store, call.live.keys, call.workspace, call.actor).open(question_id)
        )
        query, saved = opened.query, opened.messages
    else:
        query = query_from_data(question)
    workspace, guidance = call.workspace, Data()
    try:
        preflight = await call.turns.work(lambda: workspace.preflight(query, call.actor))
        if preflight.ok:
            guidance = await call.turns.later(lambda: _refuse(query, preflight.cost, call))
        if preflight.ok:
            call.spent.append(preflight.cost)
        pending = await call.turns.engine(lambda: workspace.start(query, call.actor))
        result = await call.turns.work(pending.result)
    except SemanticError as error:
        repairs = await call.turns.work(lambda: repairs_of(query, workspace, call.actor))
        raise RefusedWithRepairs(error, repairs) from error
    compiled = pending.compiled
    has_filter = compiled.asked.query.where is not None and bool(compiled.asked.visible.min_groups)
    if compiled.plan.suppression is not None or has_filter:
        text = query_to_json(result.query)
        await call.turns.later(lambda: call.hooks.guard.count_guarded(call.actor, text))
    # The receipt is stored before the answer leaves, so no crash can lose a receipt that a program has.
    confirmed = await call.turns.later(lambda: workspace.confirmed(result))
    return _Answered(confirmed, pending, preflight.cost, saved, guidance)


def _refuse(query: Query, cost: str, call: Call) -> Data:
    """Refuse a question that is about a blocked topic or needs an approval, or else return the guidance.

    Raises SemanticError.
    """
    guidance = call.hooks.guidance.refuse(call.actor, query=query)
    call.hooks.proposals.check(call.actor, query, cost)
    return guidance


async def _ask(given: Ask, call: Call) -> Outcome:
    found = await _answered(given.question, given.question_id, call)
    result = found.result

    def told() -> Data:
        data = _first_rows(answer_data(result, found.pending.workspace.visible(call.actor)), given.rows)
        caveats = found.guidance.get("caveats", {})
        said = list(dict.fromkeys(text for metric in result.query.metrics for text in caveats.get(metric, ())))
        more: Data = {"link": call.link(result.query)}
        more |= {"caveats": said} if said else {}
        return data | more | ({"saved": [*found.saved]} if found.saved else {})

    data = await call.turns.work(told)
    cells = len(data["rows"]) * len(data["columns"])
    return Outcome(data=data, cells=cells, cost=found.cost, receipt=result.receipt)


ASK: Final = Tool(
    name="ask",
    title="Ask a question",
    description=(
        "Answer a question, or a saved question by its ID, with this person's access. When you report numbers, "
        "include what `scope`, `notes`, `trust` and `caveats` say, and the receipt. Don't calculate with rows: ask for "
        "totals, comparisons and calculations in the question. Numbers in `hidden` are hidden by a policy, not zero. "
        "A refusal comes with repairs: offer them, and never work around it."
    ),
    given=Ask,
    output=outputs.ANSWER,
    run=_ask,
    spells_question=True,
)


def _first_rows(data: Data, most: int) -> Data:
    """Return an answer with at most `most` rows, and the number of rows that were left out."""
    count = len(data["rows"])

    def within(places: Mapping[str, list[int]]) -> dict[str, list[int]]:
        kept = {name: [place for place in rows if place < most] for name, rows in places.items()}
        return {name: rows for name, rows in kept.items() if rows}

    return data | {
        "rows": data["rows"][:most],
        "hidden": within(data["hidden"]),
        "not_enough": within(data["not_enough"]),
        "rows_left_out": max(0, count - most),
    }


# Pictures


class Chart(ToolInput):
    question: Annotated[QuestionData, Field(description="The question. Leave it out if you give `question_id`.")] = None
    question_id: Annotated[Id | None, Field(description="The ID of a saved question.")] = None
    kind: Annotated[
        str, Field(max_length=20, description=f"One of {', '.join(LABELS)}. Empty: the one that fits best.")
    ] = ""


async def _chart(given: Chart, call: Call) -> Outcome:
    if given.kind and given.kind not in LABELS:
        raise InvalidQuery(f"There is no such kind of chart. Use one of {', '.join(LABELS)}, or leave `kind` empty.")
    found = await _answered(given.question, given.question_id, call)
    result = found.result

    def drawn() -> tuple[Data, bytes]:
        if not result.query.metrics:  # values, or their smallest and largest
            raise InvalidQuery(NO_PICTURE)
        chart = chart_for(result, LIGHT, wanted=given.kind or None)
        if chart.figure is None or not is_drawable(chart.figure):
            raise InvalidQuery(NO_PICTURE)
        picture = figure_png(chart.figure, PICTURE_WIDTH)
        height = round(figure_height(chart.figure) * DENSITY)
        return {
            "title": result.title,
            "kind": chart.kind or "",
            "says": chart.alt,
            "reason": chart.reason,
            "note": chart.note,
            "picture": {"bytes": len(picture), "width": PICTURE_WIDTH * DENSITY, "height": height},
            "scope": result.scope,
            "receipt": result.receipt or None,
            "link": call.link(result.query),
        }, picture

    data, picture = await call.turns.work(drawn)
    return Outcome(
        data=data,
        picture=picture,
        cells=len(result.rows()) * len(result.columns),
        cost=found.cost,
        receipt=result.receipt,
    )


CHART: Final = Tool(
    name="chart",
    title="Draw the chart of an answer",
    description=(
        "Draw an answer as a PNG to show to the person, as Explore would draw it. Read numbers from `ask`, never "
        "from the picture."
    ),
    given=Chart,
    output=outputs.CHART,
    run=_chart,
)
TOOLS: Final = (READ, CHECK, ASK, CHART)
