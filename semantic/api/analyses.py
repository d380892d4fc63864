"""Saved analyses as JSON-ready data, for programs."""

from __future__ import annotations

from typing import Any

from semantic.services.analyzing.saved import OpenedAnalysis, SavedAnalyses, search_analyses
from semantic.store.analyses.analyses import SavedAnalysis

Data = dict[str, Any]  # Any: JSON


def analyses_data(work: SavedAnalyses, text: str, limit: int) -> Data:
    """Return the saved analyses that this actor can open, the latest change first, or those that match `text`."""
    found = search_analyses(work.analyses(), text)
    return {"count": len(found), "analyses": [_head(head) for head in found[:limit]]}


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
