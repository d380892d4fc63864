"""The receipt of an analysis: the record of what it was computed from, written when it runs (decision 39)."""

from __future__ import annotations

from datetime import date

from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.sets import all_names_in
from semantic.audit_trail.analysis_receipts import AnalysisRun
from semantic.audit_trail.recorder import NOT_RECORDED, NOT_YET
from semantic.compile import Statement
from semantic.policy.narrow import VisibleModel
from semantic.workspace import Workspace


def receipt_for(
    workspace: Workspace,
    seen: VisibleModel,
    analysis: Analysis,
    statement: Statement,
    found: object,
    *,
    today: date,
    rows: int,
    data_version: str | None,
) -> tuple[str, tuple[str, ...]]:
    """Record an analysis. Return the receipt's ID, or "" if there is none, and notes about the receipt."""
    if workspace.recorder is None:
        return "", ()
    ran = AnalysisRun(
        kind=analysis.kind.name,
        definition=analysis.text,
        named=all_names_in(analysis.kind, analysis.asked),
        sql=statement.sql,
        params=statement.params,
        found=found,
        rows=rows,
        data_version=data_version,
    )
    version = workspace.published.number if workspace.published is not None else None
    receipt = workspace.recorder.analyzed(ran, seen, today=today, version=version)
    if not receipt:
        return "", (NOT_RECORDED,)
    return receipt, (NOT_YET,) if workspace.recorder.is_late(receipt) else ()
