"""Tools that write: each makes a proposal, which has no effect until the person approves it in the app."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from semantic.api.tools import outputs
from semantic.api.tools.tool import Call, Id, Outcome, QuestionData, Tool, ToolInput
from semantic.errors import InvalidQuery
from semantic.query.data import query_from_data, query_to_data

_Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Request(ToolInput):
    words: Annotated[str, Field(min_length=3, max_length=400, description="What is needed, in the person's words.")]
    purpose: Annotated[str, Field(max_length=1_000, description="What it's for.")] = ""
    needed_by: Annotated[_Day | None, Field(description="The day by which it's needed.")] = None
    metric: Annotated[str, Field(max_length=63, description="The related metric, if any.")] = ""


async def _request(given: Request, call: Call) -> Outcome:
    try:
        needed_by = date.fromisoformat(given.needed_by).isoformat() if given.needed_by else None
    except ValueError:
        raise InvalidQuery("`needed_by` isn't a day. Write it as 2026-07-31.") from None
    wanted = given.model_dump() | {"needed_by": needed_by}
    return Outcome(data=await call.turns.later(lambda: call.hooks.proposals.propose(call.actor, "request", wanted)))


REQUEST: Final = Tool(
    name="request",
    title="Request a metric",
    description=(
        "Propose a request to the stewards for a metric or breakdown that doesn't exist. The person approves it in "
        "the app before it's sent. Offer this when `search` and `read` find nothing that fits."
    ),
    given=Request,
    output=outputs.PROPOSED,
    run=_request,
    scope="propose",
    is_readonly=False,
)

Kind = Literal["save_question", "alert", "subscription"]


class Propose(ToolInput):
    kind: Annotated[Kind, Field(description="What to do once the person approves.")]
    question: Annotated[QuestionData, Field(description="The question to save, watch or send.")] = None
    question_id: Annotated[Id | None, Field(description="Instead of `question`: the ID of a saved question.")] = None
    board_id: Annotated[Id | None, Field(description="The ID of a board, for a subscription.")] = None
    name: Annotated[str, Field(min_length=1, max_length=100, description="Its name.")]
    details: Annotated[
        dict[str, Any] | None,  # Any: JSON; read by the service that acts
        Field(
            description='For an alert, when it fires, such as {"above": 1000}. For a subscription, when it\'s sent, '
            'such as {"cron": "0 8 * * 1", "zone": "Europe/Berlin"}.'
        ),
    ] = None


async def _propose(given: Propose, call: Call) -> Outcome:
    if sum(each is not None for each in (given.question, given.question_id, given.board_id)) != 1:
        raise InvalidQuery("Give one of `question`, `question_id` and `board_id`.")
    wanted = given.model_dump()
    if given.question is not None:
        query = query_from_data(given.question)
        preflight = await call.turns.work(lambda: call.workspace.preflight(query, call.actor))
        if preflight.error is not None:
            raise preflight.error
        wanted["question"] = query_to_data(query)
    return Outcome(data=await call.turns.later(lambda: call.hooks.proposals.propose(call.actor, given.kind, wanted)))


PROPOSE: Final = Tool(
    name="propose",
    title="Propose a saved question, alert or subscription",
    description=(
        "Propose to save a question, to set an alert, or to subscribe the person to a question or board. Nothing "
        "happens until the person approves exactly this in the app. Messages only ever go to the person."
    ),
    given=Propose,
    output=outputs.PROPOSED,
    run=_propose,
    scope="propose",
    is_readonly=False,
)
TOOLS: Final = (REQUEST, PROPOSE)
