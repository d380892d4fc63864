"""The published versions of the model: each an immutable set of files, with who published it, when and why."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from semantic.store.database import Instant, metadata

VERSIONS: Final = Table(
    "model_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("parent", Integer, ForeignKey("model_versions.number")),
    Column("author", String(32), nullable=False),  # a subject
    Column("note", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("effective_at", Instant, nullable=False),
    Column("restores", Integer),  # the version that a roll back brought back
)

TEXTS: Final = Table(
    "model_texts",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)
"""Each text once, however many versions hold it."""

FILES: Final = Table(
    "model_files",
    metadata,
    Column("version", Integer, ForeignKey("model_versions.number"), primary_key=True),
    Column("path", String(400), primary_key=True),
    Column("text", String(64), ForeignKey("model_texts.digest"), nullable=False),
)

DRAFTS: Final = Table(
    "model_drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("author", String(32), nullable=False, index=True),  # a subject
    Column("based_on", Integer, ForeignKey("model_versions.number"), nullable=False),
    Column("files", Text, nullable=False),  # JSON: path -> text, only those that differ; null for one removed
    Column("note", Text, nullable=False, default=""),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)
