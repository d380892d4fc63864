"""A shop's own tables, small enough to add up by hand, and a server that begins with an empty model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from semantic.__main__ import main
from tests.browser.visitor import free_port, started_server

ORDERS = """order_id,ordered_at,customer_id,channel,total
1001,2026-03-02 09:15:00,501,search,40.50
1002,2026-03-05 16:40:00,502,email,54.00
1003,2026-03-09 11:05:00,,search,15.00
1004,2026-03-11 10:00:00,501,social,12.75
1005,2026-04-01 00:00:00,503,email,14.99
1006,2026-04-20 18:30:00,502,search,12.75
1007,2026-04-30 23:59:59,501,email,4.40
1008,2026-05-04 08:00:00,504,search,30.00
"""
"""Eight orders, together 184.39: search 98.25, email 73.39, social 12.75."""

CUSTOMERS = """customer_id,email,country,first_seen
501,ada@example.com,United Kingdom,2025-11-02
502,ben@example.com,France,2025-12-24
503,cleo@example.com,Germany,2026-01-15
504,dev@example.com,United Kingdom,2026-02-01
"""


def write_shop(folder: Path) -> Path:
    """Write the shop's tables as CSV files."""
    folder.mkdir(parents=True)
    for name, text in (("orders", ORDERS), ("customers", CUSTOMERS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def prepared(folder: Path, data: str) -> Mapping[str, str]:
    """Prepare an empty model for Ruth Hale over some data, and return the environment for its app."""
    clear = {f"SAMEPAGE_{name}": "" for name in ("DATA", "MODEL", "STORE", "DEMO", "AUDIT_KEY", "AUDIT_KEY_FILE")}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SAMEPAGE_SETTINGS", *clear):
            patch.delenv(name, raising=False)
        assert main(["start", "--data", data, "--name", "Ruth Hale", "--folder", str(folder), "--prepare"]) == 0
    return {**clear, "SAMEPAGE_SETTINGS": str(folder / "settings.toml")}


@contextmanager
def own_server(folder: Path, data: str) -> Iterator[str]:
    """Serve the app with an empty model over some data until the block ends, and yield its address."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with started_server(folder / "log", port=port, **prepared(folder / "own", data)):
        yield f"http://127.0.0.1:{port}"
