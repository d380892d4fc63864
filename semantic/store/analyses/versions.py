"""The versions of a saved analysis, one per save, with who saved it, when and why. Versions never change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, String, Table, Text, insert

from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.questions.text import StoredText, keep_text, read_text
from semantic.store.spaces.saved import version_rows

ANALYSIS_VERSIONS: Final = Table(
    "analysis_versions",
    metadata,
    Column("analysis", String(32), ForeignKey("analyses.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("definition", Text, nullable=False),  # JSON
    Column("sealed", LargeBinary, nullable=False),  # the same, where it names people; then `definition` is empty
    Column("author", String(32), nullable=False),  # a subject
    Column("note", Text, nullable=False, default=""),
    Column("saved_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The content of one version: the analysis as JSON, its kind, and the metrics that it uses."""

    text: str
    kind: str
    metrics: tuple[str, ...]
    is_personal: bool = False  # it compares with a person's values, so it is sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisVersion:
    """One version. `text` is the saved definition, or None if it can no longer be read."""

    number: int
    text: str | None
    is_sealed: bool
    author_name: str
    is_mine: bool
    note: str
    saved_at: datetime


def read_analysis_versions(
    connection: Connection, analysis: str, keys: Keys, *, owner: str, me: str | None, number: int | None = None
) -> list[AnalysisVersion]:
    """Return the versions of an analysis, newest first, or only the one with this number.

    `me` is the reader's subject.
    """
    return [
        AnalysisVersion(
            number=row.number,
            text=read_text(
                connection,
                StoredText(row.definition, row.sealed),
                keys,
                owner=owner,
                about=_place(analysis, row.number),
            ),
            is_sealed=bool(row.sealed),
            author_name=row.author_name or "",
            is_mine=me is not None and row.author == me,
            note=row.note,
            saved_at=row.saved_at,
        )
        for row in version_rows(connection, ANALYSIS_VERSIONS, analysis, number)
    ]


def add_analysis_version(
    transaction: Transaction,
    analysis: str,
    number: int,
    definition: Definition,
    keys: Keys,
    *,
    owner: str,
    author: str,
    note: str,
) -> None:
    """Add a version.

    Raises InvalidQuery if the definition is too long, and NotAllowed if it can't be sealed but must be.
    """
    text = keep_text(
        transaction, definition.text, keys,
        owner=owner, about=_place(analysis, number), is_personal=definition.is_personal,
    )  # fmt: skip
    row = {"analysis": analysis, "number": number, "definition": text.query, "sealed": text.sealed}
    row |= {"author": author, "note": note, "saved_at": transaction.now}
    transaction.connection.execute(insert(ANALYSIS_VERSIONS).values(**row))


def _place(analysis: str, number: int) -> str:
    return f"analysis {analysis} {number}"
