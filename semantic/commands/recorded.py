"""Workspaces for commands whose answers get receipts."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

from semantic.audit_trail.recorder import NOT_RECORDED
from semantic.config.settings import Settings
from semantic.errors import StoreFailed
from semantic.services.process import Live
from semantic.workspace import Workspace


@contextmanager
def recorded_workspace(settings: Settings) -> Generator[Workspace]:
    """Open a workspace together with the store that records its answers, if the store can be opened."""
    try:
        live = Live.open(settings, surface="shell")
    except StoreFailed as error:
        print(f"{NOT_RECORDED} {error}", file=sys.stderr)
        workspace = Workspace.open(settings)
        try:
            yield workspace
        finally:
            workspace.close()
        return
    try:
        yield live.workspace()
    finally:
        live.close()
