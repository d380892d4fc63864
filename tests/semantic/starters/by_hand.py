"""Hand-written SQL for the starters' metrics, and the comparison of an answer with it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.semantic.starters.owned import Owned

PROOFS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "proofs.yml").read_text(encoding="utf-8"))
MONTH = {"from": "2026-10-01", "to": "2026-10-31"}
VALID = "NOT is_test_order AND NOT is_deleted AND cancelled_timestamp IS NULL"


def proofs() -> Iterator[tuple[str, str]]:
    """Yield every starter and metric."""
    return ((starter, metric) for starter, metrics in PROOFS.items() for metric in metrics)


def assert_equals_by_hand(company: Owned, starter: str, metric: str) -> None:
    """Check that the model's answer equals hand-written SQL over the same rows in DuckDB."""
    proof = PROOFS[starter][metric]
    period = _period(proof)
    row = company.tables.execute(filled_in(proof["check"] if isinstance(proof, dict) else proof, period)).fetchone()
    assert row is not None
    assert row[0], "the proof has no rows"
    answer = company.answers(_alike(starter, metric, period), period, _platform(metric))
    assert float(answer[metric]) == pytest.approx(float(row[0]), rel=1e-9)


def filled_in(check: str, period: dict[str, str]) -> str:
    """Return a proof's SQL with its shorthands written out."""
    days = f"BETWEEN DATE '{period['from']}' AND DATE '{period['to']}'"
    return re.sub(r"\bIN\((\w+)\)", rf"CAST(\1 AS DATE) {days}", check).replace("VALID", VALID)


def _platform(metric: str) -> str:
    """Return the platform to ask a metric for, or "". Claimed conversions can be asked for only one platform."""
    return "google_ads" if metric.startswith("platform_") else ""


def _alike(starter: str, metric: str, period: dict[str, str]) -> tuple[str, ...]:
    """Return the starter's metrics with the same period and platform, which are asked together."""
    return tuple(
        name
        for name, proof in PROOFS[starter].items()
        if _period(proof) == period and _platform(name) == _platform(metric)
    )


def _period(proof: Any) -> dict[str, str]:
    return {key: str(proof[key]) for key in MONTH} if isinstance(proof, dict) else MONTH
