"""Receipts: what a result was computed from, enough to ask again and to say what has changed since (decision D20)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, String, Table, Text

from semantic.store.database import Instant, metadata

RECEIPTS: Final = Table(
    "receipts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("subject", String(32), nullable=False, index=True),
    Column("query", Text, nullable=False),
    Column("today", String(10), nullable=False),
    Column("model_version", Integer),  # null where a folder is the model
    Column("model_digest", String(64), nullable=False),
    Column("metrics", Text, nullable=False),  # JSON: metric -> digest of everything that decides it
    Column("policy", String(64), nullable=False),
    Column("attributes", String(64), nullable=False),  # a keyed digest: what the row rules used
    Column("data_version", Text),
    Column("sql_digest", String(64), nullable=False),
    Column("rows_digest", String(64), nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("surface", String(40), nullable=False),
)
