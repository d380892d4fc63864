"""The versions of a saved question, one per save, with who saved it, when and why. Versions never change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, String, Table, Text, insert

from semantic.query.codec import query_to_json
from semantic.query.query import Query
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.questions.text import StoredText, keep_text, read_text
from semantic.store.spaces.items import json_of
from semantic.store.spaces.saved import version_rows

QUESTION_VERSIONS: Final = Table(
    "question_versions",
    metadata,
    Column("question", String(32), ForeignKey("questions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("query", Text, nullable=False),  # the question's JSON, with the format it was written in
    Column("sealed", LargeBinary, nullable=False),  # the same, where it names people; then `query` is empty
    Column("display", Text, nullable=False, default="{}"),
    Column("author", String(32), nullable=False),  # a subject
    Column("note", Text, nullable=False, default=""),
    Column("saved_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of one version: the question and the chosen kind of chart, or "" for automatic."""

    query: Query
    chart: str = ""
    is_personal: bool = False  # it compares with a person's values, so it is sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionVersion:
    """One version of a question. `text` is the saved JSON, or None if it can no longer be read."""

    number: int
    text: str | None
    chart: str
    author_name: str
    is_mine: bool
    note: str
    saved_at: datetime


def read_versions(
    connection: Connection, question: str, keys: Keys, *, owner: str, me: str | None, number: int | None = None
) -> list[QuestionVersion]:
    """Return the versions of a question, newest first, or only the one with this number.

    `me` is the reader's subject.
    """
    return [
        QuestionVersion(
            number=row.number,
            text=read_text(
                connection, StoredText(row.query, row.sealed), keys, owner=owner, about=_place(question, row.number)
            ),
            chart=chart_of(row.display),
            author_name=row.author_name or "",
            is_mine=me is not None and row.author == me,
            note=row.note,
            saved_at=row.saved_at,
        )
        for row in version_rows(connection, QUESTION_VERSIONS, question, number)
    ]


def add_version(
    transaction: Transaction,
    question: str,
    number: int,
    content: Content,
    keys: Keys,
    *,
    owner: str,
    author: str,
    note: str,
) -> None:
    """Add a version.

    Raises InvalidQuery if the question is too long, and NotAllowed if it can't be sealed but must be.
    """
    text = keep_text(
        transaction, query_to_json(content.query), keys,
        owner=owner, about=_place(question, number), is_personal=content.is_personal,
    )  # fmt: skip
    display = json.dumps({"chart": content.chart} if content.chart else {})
    row = {
        "question": question,
        "number": number,
        "query": text.query,
        "sealed": text.sealed,
        "display": display,
    }
    row |= {"author": author, "note": note, "saved_at": transaction.now}
    transaction.connection.execute(insert(QUESTION_VERSIONS).values(**row))


def chart_of(text: str) -> str:
    """Return the kind of chart in the column `display`, or "" if the kind is automatic or damaged."""
    body = json_of(text)
    chart: object = body.get("chart") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return chart if isinstance(chart, str) and len(chart) <= 40 else ""


def _place(question: str, number: int) -> str:
    return f"question {question} {number}"
