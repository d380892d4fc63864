"""The small shop over two connections: ads, visits and plans in a second one, and everything else in the main one.

Both have the channels, as two teams would, and their numbers are combined by the dimensions with the same names.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.model.loading.load import read_folder
from tests.engines import duckdb_file
from tests.shop import SHOP, ShopWorkspace, shop_sql

AWAY = "media"
"""The name of the second connection."""
MOVED = ("ads", "campaigns", "sessions", "calls", "signups", "budgets", "claims", "footfall", "scans")
KEPT = (
    *("customers", "countries", "orders", "lines", "members", "points", "mails", "tickets", "fair_sales", "rates"),
    *("retail_days", "retail_weeks"),
)
_CHANNELS = f"""
datasets:
  - name: media_channels
    label: Channels of media
    connection: {AWAY}
    table: channels
    grain: [channel_key]
    columns: {{channel_key: string, channel: string, channel_group: string, is_paid: boolean}}
    entities: [{{name: channel, kind: primary, columns: [channel_key]}}]
    dimensions: [{{name: channel}}, {{name: channel_group}}, {{name: is_paid, kind: boolean}}]
"""


def split_files(*, away: str = AWAY) -> dict[str, str]:
    """Return the files of the shop's model, with the moved datasets in the second connection."""
    files = read_folder(SHOP)
    for path, text in files.items():
        text = re.sub(rf"(?m)^  - name: ({'|'.join(MOVED)})$", rf"  - name: \1\n    connection: {away}", text)
        files[path] = text.replace("[ads, campaigns, channels, sessions]", "[ads, campaigns, media_channels, sessions]")
    return files | {"media.yml": _CHANNELS.replace(f"connection: {AWAY}", f"connection: {away}")}


def main_sql() -> str:
    """Return the statements that create the main connection's tables, in DuckDB's SQL."""
    return f"{shop_sql()}\n{_dropped(MOVED)}"


def away_sql() -> str:
    """Return the statements that create the second connection's tables."""
    return f"{shop_sql()}\n{_dropped(KEPT)}"


def build_split(folder: Path) -> tuple[Path, Path]:
    """Write the two connections as DuckDB files, and return their paths."""
    return duckdb_file(main_sql(), folder), duckdb_file(away_sql(), folder)


def open_split(main: Path | str, away: Path | str, *, timeout_seconds: float = 30, workers: int = 4) -> ShopWorkspace:
    """Open the shop over both files."""
    settings = Settings(
        data=str(main),
        connections={AWAY: str(away)},
        model=SHOP,
        mask_key="a key of the tests",
        timeout_seconds=timeout_seconds,
        workers=workers,
    )
    workspace = ShopWorkspace.open(settings, split_files())
    assert isinstance(workspace, ShopWorkspace)
    return workspace


def change(path: Path, sql: str) -> None:
    """Publish other data by replacing one of the files."""
    new = path.with_suffix(".new.duckdb")
    shutil.copyfile(path, new)
    with duckdb.connect(new) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(sql)
    os.replace(new, path)


def _dropped(tables: tuple[str, ...]) -> str:
    return "\n".join(f"DROP TABLE {table};" for table in tables)
