"""Run an analysis in a shell: ask first if it is expensive, show its progress, and cancel it with Ctrl+C."""

from __future__ import annotations

import sys
import time
from datetime import date
from typing import Any, Final

from semantic.analyses.events.definition import Analysis
from semantic.errors import Cancelled
from semantic.policy.actor import Actor
from semantic.services.analyzing.cost import cost_of
from semantic.services.analyzing.pending import PendingAnalysis
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.start import start_any
from semantic.workspace import Workspace

LOOK_SECONDS: Final = 0.1
QUIET_SECONDS: Final = 1.0
"""For how long no progress is shown, because most analyses finish in this time."""


def found_in_shell(
    workspace: Workspace, analysis: Analysis, actor: Actor, *, today: date | None, agreed: bool
) -> Analyzed[Any] | None:  # Any: each kind has its own finding
    """Return an analysis's result, or None if it is expensive and no one agreed to run it. Raises SemanticError."""
    cost = cost_of(workspace, analysis.kind, analysis.asked, actor, today=today)
    if cost.asks and not agreed and not _agrees(cost.words):
        return None
    pending = start_any(workspace, analysis, actor, today=today)
    try:
        _show_progress(pending)
        return pending.result()
    except KeyboardInterrupt:
        pending.leave()
        raise Cancelled("This was cancelled.") from None


def _agrees(words: str) -> bool:
    """Ask the person at the terminal to agree. For a script, print how to agree, and return False."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        print(f"{words} Run it? [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    print(f'{words} Add --yes to run it, or "sample": 0.1 to estimate it from 10% of the data.', file=sys.stderr)
    return False


def _show_progress(pending: PendingAnalysis[Any]) -> None:
    """Show progress on one line that is updated in place, if there is a terminal."""
    if not sys.stderr.isatty():
        return
    shown, began = "", time.monotonic()
    while not pending.done():
        time.sleep(LOOK_SECONDS)
        if time.monotonic() - began < QUIET_SECONDS:
            continue
        progress = pending.progress()
        part = "" if progress.fraction is None else f"{progress.fraction:.0%}, "
        shown = f"\r{part}{progress.elapsed_seconds:.0f} seconds. Ctrl+C cancels. "
        print(f"{shown:<40}", end="", file=sys.stderr, flush=True)
    if shown:
        print(f"\r{'':<40}\r", end="", file=sys.stderr, flush=True)
