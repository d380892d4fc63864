"""Analyses that use a metric to be retired: find them, replace the metric, and say why that isn't possible."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from semantic.analyses.events.definition import Analysis, analysis_from_data, analysis_from_json
from semantic.analyses.events.named import uses_in
from semantic.analyses.events.sets import all_names_in, plan_analysis
from semantic.boards.board import Tile
from semantic.errors import SemanticError
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.personal import names_a_person
from semantic.store.analyses.analyses import (
    SavedAnalysis,
    list_analyses,
    read_analysis_version,
    save_analysis_version,
)
from semantic.store.analyses.versions import Definition
from semantic.store.database import Store, Transaction
from semantic.store.keys import Keys

NESTED = "analysis"


def analysis_in(text: str) -> Analysis | None:
    """Return the analysis in a stored text, or None if the text can't be read."""
    try:
        return analysis_from_json(text) if text else None
    except SemanticError:
        return None


def uses_metric(analysis: Analysis | None, metric: str, model: Model) -> bool:
    """Whether an analysis counts a metric's rows or filters by the metric, including in its sets."""
    return analysis is not None and f"metric:{metric}" in uses_in(analysis, model)


def with_metric(analysis: Analysis, old: str, new: str) -> Analysis:
    """Return an analysis with one metric replaced by another. Raises InvalidQuery if this kind doesn't support that."""
    return analysis_from_data(_with(analysis.data, old, new))


def tile_with_metric(tile: Tile, old: str, new: str) -> str:
    """Return the definition of a tile's analysis as text, with one metric replaced by another."""
    return with_metric(analysis_from_json(tile.analysis), old, new).text


def _with(data: Any, old: str, new: str) -> Any:  # Any: JSON
    if isinstance(data, list):
        return [_with(item, old, new) for item in cast("list[Any]", data)]
    if not isinstance(data, dict):
        return data
    fields: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", data).items():
        if key == "metric" and value == old:
            fields[key] = new
        elif key == NESTED and isinstance(value, dict):  # as it was written, where an event can be just a name
            fields[key] = _with(analysis_from_data(cast("object", value)).data, old, new)
        else:
            fields[key] = _with(value, old, new)
    return fields


def why_not(analysis: Analysis, old: str, new: str, label: str, seen: VisibleModel, today: date) -> str:
    """Return why a metric can't be replaced in an analysis by the one with this label, or "" if it can."""
    if uses_metric(analysis, new, seen.model):
        return f"It uses {label} already."
    try:
        switched = with_metric(analysis, old, new)
        plan_analysis(switched.kind, switched.asked, seen, today=today)
    except SemanticError:
        return f"{label} can't be asked this way."
    return ""


# Saved analyses


def saved_with(
    store: Store, keys: Keys, actor: Actor, metric: str, model: Model
) -> list[tuple[SavedAnalysis, Analysis]]:
    """Return the saved analyses that use a metric and that this person can open and change."""
    found: list[tuple[SavedAnalysis, Analysis]] = []
    with store.read() as connection:
        heads = [head for head in list_analyses(connection, actor) if (head.space or head.is_mine) and head.may_change]
        for head in heads:
            analysis = analysis_in(read_analysis_version(connection, head.id, actor, keys).text or "")
            if analysis is not None and uses_metric(analysis, metric, model):
                found.append((head, analysis))
    return found


def switch_saved(
    transaction: Transaction, head_id: str, actor: Actor, keys: Keys, model: Model, *, old: str, new: str, note: str,
    revision: int,
) -> int:  # fmt: skip
    """Save a version of an analysis with one metric replaced by another, and return the version's number."""
    kept = read_analysis_version(transaction.connection, head_id, actor, keys)
    changed = with_metric(analysis_from_json(kept.text or ""), old, new)
    return _save(transaction, head_id, changed, actor, keys, model, note=note, revision=revision)


def restore_saved(
    transaction: Transaction, head_id: str, actor: Actor, keys: Keys, model: Model, *, version: int, revision: int
) -> int:
    """Save an earlier version of an analysis as the newest one, and return its number."""
    kept = read_analysis_version(transaction.connection, head_id, actor, keys, number=version)
    earlier = analysis_from_json(kept.text or "")
    return _save(transaction, head_id, earlier, actor, keys, model, note="", revision=revision, restores=version)


def _save(
    transaction: Transaction, head_id: str, analysis: Analysis, actor: Actor, keys: Keys, model: Model, *, note: str,
    revision: int, restores: int | None = None,
) -> int:  # fmt: skip
    named = all_names_in(analysis.kind, analysis.asked)
    definition = Definition(
        text=analysis.text,
        kind=analysis.kind.name,
        metrics=named.metrics,
        is_personal=names_a_person(named, model),
    )
    return save_analysis_version(
        transaction, head_id, definition, actor, keys, revision=revision, note=note, restores=restores
    )
