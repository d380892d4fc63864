"""Responses to programs: an answer, a check, a refusal and what can be asked, as JSON-ready data.

Everything is in the actor's own terms: nothing names what their policy hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final, Literal

from semantic.display.evidence import evidence
from semantic.display.export.about import about, data_version
from semantic.display.rows import main_values
from semantic.display.trust import facts, facts_data
from semantic.errors import LISTS_FIELDS, SemanticError
from semantic.explore.preflight import Preflight
from semantic.explore.repairs import Repair
from semantic.explore.search import Kind, search
from semantic.model.definitions import Described, Dimension, Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.data import query_to_data
from semantic.query.query import Query
from semantic.results.finality import instead_of
from semantic.results.result import Period, Result, ResultColumn
from semantic.workspace import Workspace

MOST_LISTED: Final = 1_000
_LISTED_HERE: Final = "/api/v1/metrics and /api/v1/dimensions list them."

Data = dict[str, Any]  # Any: JSON


def answer_data(result: Result, visible: VisibleModel) -> Data:
    """An answer with everything known about it. `sql` is included for stewards and above, as on the page.

    A row has each column by name, and `bucket` if there is a breakdown, to tell totals and Other apart. For each
    column, `hidden` are the rows hidden by the policy and `not_enough` those based on too little.
    """
    seen = about(result, visible)
    metrics = dict.fromkeys(one.metric for one in main_values(result) if one.metric)
    found: Data = {
        "question": query_to_data(result.query),
        "title": result.title,
        "period": _period(result.period),
        "compared": {name: _period(one) for name, one in result.compared.items()},
        "filters": result.filters,
        "scope": result.scope,
        "notes": [*result.notes],
        "columns": [_column(one) for one in result.columns],
        "rows": [{name: _plain(value) for name, value in row.items()} for row in result.rows()],
        "groups": result.groups,
        "hidden": _places(result.hidden),
        "not_enough": _places(
            {name: [one is not None and not one.is_enough for one in rows] for name, rows in evidence(result).items()}
        ),
        "metrics": {
            metric.name: {
                "label": one.label,
                "means": one.means,
                "does_not_mean": one.does_not_mean,
                "computed_as": one.formula,
                "owner": one.owner,
                "certified": one.certified,
            }
            for metric, one in zip(metrics, seen.definitions, strict=True)
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
    return found | ({"sql": seen.sql, "dialect": result.dialect} if seen.sql else {})


def check_data(query: Query, found: Preflight, visible: VisibleModel) -> Data:
    """What is known about a question before it runs; if it can't be asked, why, and questions that can."""
    said: Data = {"is_valid": found.ok, "question": query_to_data(query)}
    if found.error is not None:
        return said | refusal_data(found.error, found.repairs)
    return said | {
        "title": found.title,
        "period": _period(found.period),
        "filters": found.filters,
        "scope": visible.scope,
        "notes": [*found.notes],
        "cost": found.cost,
        "cost_words": found.cost_words,
        "dimensions": [one.name for one in found.available],
    }


def refusal_data(error: SemanticError, repairs: Iterable[Repair] = ()) -> Data:
    """Why something was refused: the code, the reason in words, and changed questions that work."""
    return {
        "code": error.code,
        "reason": str(error).replace(LISTS_FIELDS, _LISTED_HERE),
        "repairs": [
            {"label": one.label, "effect": one.effect, "question": query_to_data(one.query)} for one in repairs
        ],
    }


def repairs_of(query: Query, workspace: Workspace, actor: Actor) -> Sequence[Repair]:
    """Changed questions that can be asked; none if the question itself is valid."""
    return workspace.preflight(query, actor).repairs


def listed_data(
    kind: Kind, workspace: Workspace, actor: Actor, *, text: str = "", metrics: Sequence[str] = (), limit: int = 100
) -> Data:
    """What this actor can ask for, best match for `text` first; dimensions only if they break down all of `metrics`.

    Raises UnknownName for a metric that doesn't exist.
    """
    visible = workspace.visible(actor)
    found = search(visible, text, kinds=(kind,), limit=len(visible.model.metrics) + len(visible.model.dimensions) + 1)
    things = [one.thing for one in found]
    if metrics:
        for name in metrics:
            visible.metric(name)
        fitting = {one.name for one in workspace.preflight(Query(metrics=tuple(metrics)), actor).available}
        things = [one for one in things if one.name in fitting]
    rows = [_thing(one, visible) for one in things[: min(limit, MOST_LISTED)]]
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


def _thing(one: Described, visible: VisibleModel) -> Data:
    found: Data = {"name": one.name, "label": one.label or one.name, "description": one.description}
    found |= {"owner": one.owner, "synonyms": [*one.synonyms], "tags": sorted(one.tags)}
    match one:
        case Metric():
            certified = {"by": one.certified.by, "until": one.certified.until.isoformat()} if one.certified else None
            found |= {"means": one.means, "does_not_mean": one.does_not_mean, "unit": one.unit}
            found |= {"format": one.format.value, "direction": one.direction, "certified": certified}
            found |= {"deprecated": _deprecated(one, visible)} if one.deprecated else {}
        case Dimension():
            found |= {"type": str(one.type), "kind": one.kind}
        case _:
            pass
    return found


def _column(one: ResultColumn) -> Data:
    found: Data = {"name": one.name, "label": one.label, "role": one.role, "type": str(one.type)}
    if one.role == "key":
        how = {"grain": one.grain, "part": one.part}
        return found | {name: value.value for name, value in how.items() if value is not None}
    found |= {"unit": one.unit, "format": one.format.value, "direction": one.direction, "is_exact": one.exact}
    found |= {"metric": one.metric.name if one.metric else None, "compare": one.compare or None}
    return found | ({"calculation": one.calculation.do.value} if one.calculation else {})


def _period(one: Period) -> Data:
    return {
        "start": one.start.isoformat() if one.start else None,
        "end": one.end.isoformat() if one.end else None,  # the day after the last
        "time_zone": one.time_zone,
        "words": one.words,
    }


def _places(marked: Mapping[str, Sequence[bool]]) -> dict[str, list[int]]:
    """By column, the marked rows, from 0; columns without any are left out."""
    found = {name: [place for place, is_so in enumerate(rows) if is_so] for name, rows in marked.items()}
    return {name: places for name, places in found.items() if places}


def _plain(value: object) -> object:
    """A cell in JSON: days and instants as ISO text, decimals as numbers, NaN as null."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return _plain(float(value))
        case float() if not isfinite(value):
            return None
        case _:
            return value
