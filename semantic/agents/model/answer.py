"""Parse a language model's response, which isn't trusted until every part of it has been checked.

Invalid parts are never repaired or guessed.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from semantic.agents.model.request import NameChoices, is_offered
from semantic.compile import plan_question
from semantic.errors import SemanticError
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import data_from_json
from semantic.query.data import query_from_data
from semantic.query.filter_parts import parts_of
from semantic.query.query import DATE, Condition, InSegment, Query

MOST_BYTES: Final = 65_536
LONGEST_CONTENT: Final = 8_000  # characters of the question
LONGEST_VALUE: Final = 200

_Name = Annotated[str, Field(max_length=200)]
_Unit = Literal["day", "week", "month", "quarter", "year"]


class Unusable(Exception):
    """Raised if the response isn't a question that this person could ask. Its text is never shown."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _By(_Strict):
    dim: _Name
    grain: _Unit | None = None


class _Where(_Strict):
    dim: _Name
    op: Literal["in", "not_in"]
    values: Annotated[list[Annotated[str, Field(max_length=LONGEST_VALUE)]], Field(min_length=1, max_length=20)]


class _Last(_Strict):
    last: Annotated[int, Field(ge=1, le=1_000)]
    unit: _Unit


class _ToDate(_Strict):
    to_date: _Unit


class _Days(_Strict):
    from_: Annotated[str, Field(alias="from", max_length=10)]
    to: Annotated[str, Field(max_length=10)]


class _Top(_Strict):
    n: Annotated[int, Field(ge=1, le=100)]
    dim: _Name
    metric: _Name


class _Question(_Strict):
    metrics: Annotated[list[_Name], Field(min_length=1, max_length=8)]
    by: Annotated[list[_By], Field(max_length=4)] = Field(default_factory=list[_By])
    where: Annotated[list[_Where], Field(max_length=8)] = Field(default_factory=list[_Where])
    segments: Annotated[list[_Name], Field(max_length=4)] = Field(default_factory=list[str])
    time: _Last | _ToDate | _Days | None = None
    compare: Literal["none", "previous", "last_year"] = "none"
    top: _Top | None = None


class _Answer(_Strict):
    question: _Question | None


def read_answer(body: bytes, choices: NameChoices, seen: VisibleModel, today: date) -> Query | None:
    """Return the question in a response's body, or None if the language model found none. Raises Unusable."""
    if len(body) > MOST_BYTES:
        raise Unusable("longer than allowed")
    answer = _parsed(_content(body))
    if answer.question is None:
        return None
    try:
        query = query_from_data(_data(answer.question))
    except SemanticError as error:
        raise Unusable("not a question") from error
    _check_names(query, choices, seen)
    try:
        plan_question(seen, query, today=today, noted=False)
    except SemanticError as error:
        raise Unusable("a question that can't be asked") from error
    return query


def _content(body: bytes) -> str:
    """Return the text of a response's only choice. Raises Unusable if the text is incomplete."""
    try:
        data = data_from_json(body.decode("utf-8"))
    except (SemanticError, UnicodeDecodeError) as error:
        raise Unusable("no JSON") from error
    match data:
        case {"choices": [{"message": {"content": str(content)}, "finish_reason": "stop"}]}:
            pass
        case _:
            raise Unusable("no complete answer")
    if len(content) > LONGEST_CONTENT:
        raise Unusable("longer than allowed")
    return content


def _parsed(content: str) -> _Answer:
    try:
        return _Answer.model_validate(data_from_json(content))
    except (SemanticError, ValidationError, RecursionError) as error:
        raise Unusable("not in the form of a question") from error


def _data(question: _Question) -> dict[str, Any]:  # Any: JSON
    """Return a question as data in the format of decision 40."""
    data: dict[str, Any] = {"metrics": question.metrics}
    if question.by:
        data["by"] = [{"dim": by.dim} | ({"grain": by.grain} if by.grain else {}) for by in question.by]
    filters: list[dict[str, Any]] = [where.model_dump() for where in question.where]
    filters += [{"segment": name} for name in question.segments]
    if filters:
        data["where"] = {"and": filters} if len(filters) > 1 else filters[0]
    if question.time is not None:
        data["time"] = question.time.model_dump(by_alias=True)
    if question.compare != "none":
        data["compare"] = [{"to": question.compare}]
    if question.top is not None:
        data["top"] = question.top.model_dump()
    return data


def _check_names(query: Query, choices: NameChoices, seen: VisibleModel) -> None:
    """Raise Unusable unless every name was offered for the place where the question uses it."""
    metrics = {metric.name for metric in choices.metrics}
    dimensions = {dimension.name for dimension in choices.dimensions if is_offered(dimension.name, seen)}
    segments = {segment.name for segment in choices.segments}
    top = query.top
    is_known = metrics.issuperset(query.metrics) and (dimensions | {DATE}).issuperset(by.dim for by in query.by)
    is_known = is_known and (top is None or (top.metric in metrics and top.dim in dimensions))
    for part in parts_of(query.where) if query.where is not None else ():
        match part:
            case Condition(dim=dim):
                is_known = is_known and dim in dimensions
            case InSegment(segment):
                is_known = is_known and segment in segments
            case _:
                pass
    if not is_known:
        raise Unusable("a name that wasn't offered")
