"""Saved questions: a name, a sentence, an owner and a space, with every version of what was asked."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from semantic.store.database import Instant, metadata

QUESTIONS: Final = Table(
    "questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("sentence", Text, nullable=False, default=""),
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("space", String(100), nullable=False, index=True),  # "" is the owner's own
    Column("state", String(20), nullable=False, default="active"),
    Column("current", Integer, nullable=False, default=1),
    Column("asked", String(64), nullable=False, index=True),  # a digest of the current version's question
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)

QUESTION_VERSIONS: Final = Table(
    "question_versions",
    metadata,
    Column("question", String(32), ForeignKey("questions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("query", Text, nullable=False),  # the question's JSON, with the format it was written in
    Column("display", Text, nullable=False, default="{}"),
    Column("author", String(32), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("saved_at", Instant, nullable=False),
)
