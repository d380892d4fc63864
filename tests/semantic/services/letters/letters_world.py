"""Letters over the small shop: a published board, a saved question, and readers with their own policies."""

from __future__ import annotations

from datetime import datetime

ADDRESS = "https://samepage.example"
SLOT = datetime.fromisoformat("2026-11-02T08:00:00+00:00")
