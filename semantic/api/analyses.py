"""Saved analyses, and analyses that the model names, as JSON-ready data for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from semantic.analyses.events.named import analysis_of, named_analyses
from semantic.errors import SemanticError
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.narrow import VisibleModel
from semantic.services.analyzing.naming import named_data, rule_of, search_named
from semantic.services.analyzing.saved import OpenedAnalysis, SavedAnalyses, search_analyses
from semantic.store.analyses.analyses import SavedAnalysis

Data = dict[str, Any]  # Any: JSON


def analyses_data(work: SavedAnalyses, text: str, limit: int) -> Data:
    """Return the saved analyses that this actor can open, latest change first, optionally only those matching `text`.

    `named` has the analyses that the model names.
    """
    found = search_analyses(work.analyses(), text)
    seen = work.workspace.visible(work.actor)
    named = [named_data(each, seen) for each in search_named(named_analyses(seen), text)[:limit]]
    return {"count": len(found), "analyses": [_head(head) for head in found[:limit]], "named": named}


def named_analysis_data(named: NamedAnalysis, seen: VisibleModel, *, today: date) -> Data:
    """Return an analysis that the model names, with its definition and its counting rule."""
    analysis = analysis_of(named, seen.model)
    try:
        rule = [*rule_of(analysis, seen, today=today)]
    except SemanticError:  # under this actor's policy, it can't be counted
        rule = []
    return named_data(named, seen) | {"rule": rule, "analysis": analysis.data}


def saved_analysis_data(opened: OpenedAnalysis) -> Data:
    """Return a saved analysis with its definition."""
    return _head(opened.head) | {"analysis": opened.analysis.data}


def _head(head: SavedAnalysis) -> Data:
    return {
        "id": head.id,
        "kind": head.kind,
        "name": head.name,
        "description": head.sentence,
        "owner": head.owner_name or None,
        "space": head.space_name or None,
        "folder": head.folder or None,
        "version": head.version,
        "changed_at": head.changed_at.isoformat(),
        "metrics": [*head.metrics],
    }
