"""Responses to programs, as JSON-ready data: answers, checks, refusals and lists of names.

Responses contain no names that the actor's policy hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, Final, Literal

from semantic.display.evidence import evidence
from semantic.display.export.about import about, data_version
from semantic.display.rows import main_values
from semantic.display.trust import facts, facts_data
from semantic.display.words.headline import headline
from semantic.display.words.why import about_sentences, change_sentence, member_words
from semantic.errors import LISTS_FIELDS, NeedsApproval, SemanticError
from semantic.explore.preflight import Preflight
from semantic.explore.repairs import Repair
from semantic.explore.search import Kind, search
from semantic.model.certification_status import certificate, is_certified
from semantic.model.definitions import Described, Dimension, Metric, Segment
from semantic.model.domains import label_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.data import query_to_data
from semantic.query.query import Query
from semantic.reading.understood import Reading
from semantic.results.change import Part, Parts
from semantic.results.finality import instead_of
from semantic.results.result import Period, Result, ResultColumn
from semantic.services.why import Why
from semantic.workspace import Workspace

MOST_LISTED: Final = 1_000
_LISTED_HERE: Final = "/api/v1/metrics and /api/v1/dimensions list them."

Data = dict[str, Any]  # Any: JSON


def answer_data(result: Result, visible: VisibleModel) -> Data:
    """Return an answer with everything known about it. Stewards and higher roles also get `sql`, as on pages.

    Each row has its values by column name and, if there is a breakdown, `bucket`, which identifies totals and Other.
    For each column, `hidden` lists the rows whose values the policy hides, and `not_enough` the rows with too little
    data.
    """
    seen = about(result, visible)
    metrics = dict.fromkeys(main_value.metric for main_value in main_values(result) if main_value.metric)
    data: Data = {
        "question": query_to_data(result.query),
        "title": result.title,
        "headline": headline(result),
        "period": _period(result.period),
        "compared": {name: _period(period) for name, period in result.compared.items()},
        "filters": result.filters,
        "scope": result.scope,
        "notes": [*result.notes],
        "columns": [_column(column) for column in result.columns],
        "rows": [{name: _plain(value) for name, value in row.items()} for row in result.rows()],
        "groups": result.groups,
        "hidden": _places(result.hidden),
        "not_enough": _places(
            {name: [row is not None and not row.is_enough for row in rows] for name, rows in evidence(result).items()}
        ),
        "metrics": {
            metric.name: {
                "label": definition.label,
                "means": definition.means,
                "does_not_mean": definition.does_not_mean,
                "computed_as": definition.formula,
                "owner": definition.owner,
                "certified": definition.certified,
            }
            for metric, definition in zip(metrics, seen.definitions, strict=True)
        },
        "trust": facts_data(facts(result, today=result.asked_on or result.computed_at.date())),
        "freshness": {
            "computed_at": result.computed_at.isoformat(),
            "is_cached": result.cached,
            "data_to": result.data_to.isoformat() if result.data_to else None,
            "words": result.data_to_words,
            "is_stale": result.is_stale,
            "data_version": data_version(result) or None,
        },
        "model": {"version": result.version_number, "digest": result.model_version},
        "receipt": result.receipt or None,
    }
    return data | ({"sql": seen.sql, "dialect": result.dialect} if seen.sql else {})


def why_data(found: Why) -> Data:
    """Return an explanation of why a number changed.

    It contains the number in both periods, and the contributions of members and of the parts of its formula.
    """
    explanation, result = found.explanation, found.result
    return {
        "question": query_to_data(found.query),
        "title": result.title,
        "period": _period(result.period),
        "compared": _period(result.compared[found.before.compare]),
        "filters": result.filters,
        "scope": result.scope,
        "notes": [*result.notes],
        "metric": found.column.metric.name if found.column.metric else None,
        "unit": found.column.unit,
        "before": _number(explanation.whole.before),
        "after": _number(explanation.whole.after),
        "change": _number(explanation.change),
        "moved": explanation.moved.value,
        "is_unusual": explanation.is_unusual,
        "sentences": [
            change_sentence(explanation, found.column, found.keys), *about_sentences(explanation, found.column)
        ],
        "searched": explanation.searched,
        "reason": found.reason,
        "why_not": found.why_not,
        "left_out": dict(found.left_out),
        "late_data": _late(found),
        "late": found.late,
        "breakdowns": [_breakdown(parts, found.keys[parts.dim]) for parts in explanation.by],
        "formula": [
            {
                "metric": factor.metric,
                "label": factor.label,
                "before": _number(factor.pair.before),
                "after": _number(factor.pair.after),
                "contribution": _number(factor.part),
            }
            for factor in explanation.factors
        ],
        "remarks": [
            {"first": one.first.isoformat(), "last": one.last.isoformat(), "text": one.text, "about": one.about}
            for one in found.remarks
        ],
        "receipt": result.receipt or None,
    }  # fmt: skip


def _late(found: Why) -> Data | None:
    late = found.explanation.late
    if late is None:
        return None
    first, end = late.open_days or (None, None)
    return {
        "contribution": _number(late.part),
        "low": _number(late.low),
        "high": _number(late.high),
        "is_exact": late.is_exact,
        "loaded_to": late.loaded_to.isoformat() if late.loaded_to is not None else None,
        "not_final": [first.isoformat(), (end - timedelta(days=1)).isoformat()] if first and end else None,
        "before": _number(late.comparable.before),
        "after": _number(late.comparable.after),
    }


def _breakdown(parts: Parts, key: ResultColumn) -> Data:
    return {
        "dimension": parts.dim,
        "label": parts.label,
        "adds_up": parts.adds_up,
        "why_not": parts.why_not,
        "explains": _number(parts.uneven) if parts.adds_up else None,
        "rate": _number(parts.rate),
        "mix": _number(parts.mix),
        "parts": [_part(part, key) for part in parts.parts],
        "question": query_to_data(parts.onward) if parts.onward is not None else None,
    }


def _part(part: Part, key: ResultColumn) -> Data:
    return {
        "value": _plain(part.value),
        "label": member_words(part, key),
        "kind": part.kind,
        "count": part.count,
        "before": _number(part.before),
        "after": _number(part.after),
        "contribution": _number(part.part),
        "rate": _number(part.rate),
        "mix": _number(part.mix),
        "late": _number(part.late),
        "is_enough": part.is_enough,
        "question": query_to_data(part.onward) if part.onward is not None else None,
    }


def _number(number: Fraction | None) -> float | int | None:
    """Return a fraction as a JSON number, which is an integer if the fraction is whole."""
    return None if number is None else int(number) if number.denominator == 1 else float(number)


def check_data(query: Query, preflight: Preflight, visible: VisibleModel) -> Data:
    """Return the result of checking a question before it runs.

    If the question can't be asked, this has the reason, and changed questions that work.
    """
    said: Data = {"is_valid": preflight.ok, "question": query_to_data(query)}
    if preflight.error is not None:
        return said | refusal_data(preflight.error, preflight.repairs)
    return said | {
        "title": preflight.title,
        "period": _period(preflight.period),
        "filters": preflight.filters,
        "scope": visible.scope,
        "notes": [*preflight.notes],
        "cost": preflight.cost,
        "cost_words": preflight.cost_words,
        "dimensions": [dimension.name for dimension in preflight.available],
    }


def reading_data(reading: Reading) -> Data:
    """Return a text that was parsed as a question, as JSON-ready data.

    If the text asks why a number changed, `question` is null, because no question answers that, and `change` has the
    question whose change to explain.
    """
    asked = short_question(reading.question) if reading.question is not None else None
    data: Data = {
        "question": None if reading.why else asked,
        "asks": [
            {"words": ask.words, "readings": [short_question(each) for each in ask.readings]} for ask in reading.asks
        ],
        "left": [*reading.left],
        "took": [*reading.took],
        "understood": [
            {"start": each.start, "end": each.end, "kind": each.kind, "name": each.name, "text": each.text}
            for each in reading.understood
        ],
        "near": {word: [*names] for word, names in (reading.near or {}).items()},
    }
    if reading.reason:
        data |= {"reason": reading.reason}
    if reading.why:
        data |= {"why": True, "change": asked}
    return data


def short_question(query: Query) -> Data:
    """Return a question as JSON-ready data, without the format's version."""
    return {key: value for key, value in query_to_data(query).items() if key != "v"}


def refusal_data(error: SemanticError, repairs: Iterable[Repair] = (), *, lists: str = _LISTED_HERE) -> Data:
    """Return a refusal as JSON-ready data: its code, the reason in words, and changed questions that work.

    `lists` says where names are listed. If the question needs approval, `approval` has the proposal.
    """
    waiting = {"approval": dict(error.waiting)} if isinstance(error, NeedsApproval) else {}
    return {
        "code": error.code,
        "reason": str(error).replace(LISTS_FIELDS, lists),
        "repairs": [
            {"label": repair.label, "effect": repair.effect, "question": query_to_data(repair.query)}
            for repair in repairs
        ],
        **waiting,
    }


def repairs_of(query: Query, workspace: Workspace, actor: Actor) -> Sequence[Repair]:
    """Return changed questions that work, or an empty sequence if the question itself works."""
    return workspace.preflight(query, actor).repairs


def listed_data(
    kind: Kind, workspace: Workspace, actor: Actor, *, text: str = "", metrics: Sequence[str] = (), limit: int = 100
) -> Data:
    """Return the names that this actor can ask for, best match for `text` first.

    Only dimensions that break down all of `metrics` are listed.

    Raises UnknownName for a metric that doesn't exist.
    """
    visible = workspace.visible(actor)
    hits = search(visible, text, kinds=(kind,), limit=len(visible.model.metrics) + len(visible.model.dimensions) + 1)
    things = [hit.thing for hit in hits]
    if metrics:
        for name in metrics:
            visible.metric(name)
        fitting = {dimension.name for dimension in workspace.preflight(Query(metrics=tuple(metrics)), actor).available}
        things = [thing for thing in things if thing.name in fitting]
    rows = [thing_data(thing, visible) for thing in things[: min(limit, MOST_LISTED)]]
    return {"count": len(things), _PLURAL[kind]: rows}


_PLURAL: Mapping[Kind, Literal["metrics", "dimensions", "segments"]] = {
    "metric": "metrics",
    "dimension": "dimensions",
    "segment": "segments",
}


def _deprecated(metric: Metric, visible: VisibleModel) -> Data:
    assert metric.deprecated is not None
    other = instead_of([metric], visible).get(metric.name)
    said: Data = {"since": metric.deprecated.since.isoformat(), "reason": metric.deprecated.reason}
    return said | ({"replaced_by": other.name} if other else {})


def thing_data(described: Described, visible: VisibleModel) -> Data:
    """Return the description of a metric, dimension or segment as JSON-ready data."""
    data: Data = {
        "name": described.name,
        "label": described.label or described.name,
        "description": described.description,
    }
    data |= {"owner": described.owner, "synonyms": [*described.synonyms], "tags": sorted(described.tags)}
    if isinstance(described, Metric | Segment) and described.domain:
        data["domain"] = label_of(described.domain, visible.model.domains)
    match described:
        case Metric():
            found = certificate(described)
            is_valid = found is not None and is_certified(described)
            certified = {"by": found.by, "until": found.until.isoformat()} if found is not None and is_valid else None
            data |= {"means": described.means, "does_not_mean": described.does_not_mean, "unit": described.unit}
            data |= {"format": described.format.value, "direction": described.direction, "certified": certified}
            data |= {"certification_lapsed": found.lapsed} if found is not None and found.lapsed else {}
            data |= {"deprecated": _deprecated(described, visible)} if described.deprecated else {}
        case Dimension():
            data |= {"type": str(described.type), "kind": described.kind}
        case _:
            pass
    return data


def _column(column: ResultColumn) -> Data:
    data: Data = {"name": column.name, "label": column.label, "role": column.role, "type": str(column.type)}
    if column.role == "key":
        how = {"grain": column.grain, "part": column.part}
        return data | {name: value.value for name, value in how.items() if value is not None}
    data |= {
        "unit": column.unit,
        "format": column.format.value,
        "direction": column.direction,
        "is_exact": column.exact,
    }
    data |= {"metric": column.metric.name if column.metric else None, "compare": column.compare or None}
    return data | ({"calculation": column.calculation.do.value} if column.calculation else {})


def _period(period: Period) -> Data:
    return {
        "start": period.start.isoformat() if period.start else None,
        "end": period.end.isoformat() if period.end else None,  # the day after the last
        "time_zone": period.time_zone,
        "words": period.words,
    }


def _places(marked: Mapping[str, Sequence[bool]]) -> dict[str, list[int]]:
    """Return each column's marked rows, counted from 0. Columns without marked rows are omitted."""
    places_by_name = {name: [place for place, is_so in enumerate(rows) if is_so] for name, rows in marked.items()}
    return {name: places for name, places in places_by_name.items() if places}


def _plain(value: object) -> object:
    """Return a cell as a JSON value: days and instants as ISO text, decimals as numbers, NaN as null."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return _plain(float(value))
        case float() if not isfinite(value):
            return None
        case _:
            return value
