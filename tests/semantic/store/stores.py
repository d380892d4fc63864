"""Empty stores to test with: an SQLite file and a separate PostgreSQL schema."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

KINDS = ("sqlite", "postgresql")
SECRET = "a secret of tests, long enough to sign with"


def kinds() -> list[object]:
    """Return both kinds of database as fixture parameters. PostgreSQL's is marked `server`."""
    return [pytest.param(kind, marks=[pytest.mark.server] if kind == "postgresql" else []) for kind in KINDS]


@contextmanager
def address(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty store, which is deleted afterwards."""
    if kind == "sqlite":
        yield str(folder / "store.sqlite")
        return
    server = os.environ["SAMEPAGE_POSTGRES"]
    schema = f"store_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        try:
            yield f"{server}{'&' if '?' in server else '?'}options={quote(f'-csearch_path={schema}')}"
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
