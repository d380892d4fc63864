"""Saved analyses: a name, a sentence, an owner and a space, with every version of the definition (decision 73).

They follow the rules of saved questions: one in its owner's own space belongs to the owner alone, one in a shared space
can be read by everyone who can open the space, and changed by its owner and stewards. A missing analysis and a hidden
one give the same message.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, String, Table, Text, and_, insert, select

from semantic.errors import InvalidQuery, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.store.analyses.versions import (
    AnalysisVersion,
    Definition,
    add_analysis_version,
    read_analysis_versions,
)
from semantic.store.audit.log import NOTHING
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import subject_of
from semantic.store.spaces.items import ACTIVE, ARCHIVED, Items, metric_names, with_names
from semantic.store.spaces.readers import Reader, reader_of
from semantic.store.spaces.rights import check_move, may_change
from semantic.store.spaces.spaces import MINE, one_line

LONGEST_NAME, LONGEST_SENTENCE = 200, 2_000
UNKNOWN: Final = "There's no saved analysis at this link, or you don't have access to it."

ANALYSES: Final = Table(
    "analyses",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(40), nullable=False),  # of the current version
    Column("name", String(200), nullable=False),
    Column("sentence", Text, nullable=False, default=""),
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("space", String(32), nullable=False, index=True),  # "" is the owner's own
    Column("folder", String(60)),  # a name within the space; null outside any
    Column("state", String(20), nullable=False, default=ACTIVE),
    Column("current", Integer, nullable=False, default=1),
    Column("metrics", Text, nullable=False),  # JSON: names of the current version's metrics
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedAnalysis:
    """A saved analysis as one person finds it, without its content. `space` is "" for the owner's own."""

    id: str
    kind: str
    name: str
    sentence: str
    space: str
    space_name: str
    folder: str
    owner_name: str  # "" if they have left
    is_mine: bool
    may_change: bool
    is_archived: bool
    version: int
    metrics: tuple[str, ...]
    created_at: datetime
    changed_at: datetime
    revision: int


def _head(row: Row[Any], actor: Actor, me: Reader) -> SavedAnalysis:  # Any: a row of any columns
    is_mine, is_led = row.owner == me.subject, row.space_domain in me.led
    return SavedAnalysis(
        id=row.id,
        kind=row.kind,
        name=row.name,
        sentence=row.sentence,
        space=row.space,
        space_name=row.space_name or "",
        folder=row.folder or "",
        owner_name=row.owner_name or "",
        is_mine=is_mine,
        may_change=may_change(actor, is_mine=is_mine, space=row.space, is_led=is_led),
        is_archived=row.state == ARCHIVED,
        version=row.current,
        metrics=metric_names(row.metrics),
        created_at=row.created_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )


ANALYSIS_ITEMS: Final = Items(
    table=ANALYSES,
    noun="analysis",
    heads=with_names(ANALYSES),
    head=_head,
    unknown=lambda: UnknownQuestion(UNKNOWN),
    no_role="Saving needs at least the viewer role. An administrator can give it to you.",
    not_yours="Only its owner and stewards can change a shared analysis. Save your own copy.",
)
find_analysis, list_analyses = ANALYSIS_ITEMS.find, ANALYSIS_ITEMS.find_all
move_analysis, file_analysis, archive_analysis = ANALYSIS_ITEMS.move, ANALYSIS_ITEMS.file, ANALYSIS_ITEMS.archive


# Reading


def read_analysis_version(
    connection: Connection, analysis: str, actor: Actor, keys: Keys, *, number: int | None = None
) -> AnalysisVersion:
    """Return one version, by default the current one. Raises UnknownQuestion."""
    head = find_analysis(connection, analysis, actor)
    owner, me = _owner(connection, head.id), reader_of(connection, actor)
    wanted = head.version if number is None else number
    versions = read_analysis_versions(connection, head.id, keys, owner=owner, me=me.subject, number=wanted)
    if not versions:
        raise UnknownQuestion(f"This analysis has no version {number}.")
    return versions[0]


def list_analysis_versions(connection: Connection, analysis: str, actor: Actor, keys: Keys) -> list[AnalysisVersion]:
    """Return every version, newest first. Raises UnknownQuestion."""
    head = find_analysis(connection, analysis, actor)
    owner, me = _owner(connection, head.id), reader_of(connection, actor)
    return read_analysis_versions(connection, head.id, keys, owner=owner, me=me.subject)


def read_private_analyses(connection: Connection, metric: str, me: str) -> list[str]:
    """Return the owner of each analysis in someone else's own space that counts a metric, and nothing else of it."""
    chosen = and_(ANALYSES.c.space == MINE, ANALYSES.c.owner != me, ANALYSES.c.state == ACTIVE)
    rows = connection.execute(select(ANALYSES.c.owner, ANALYSES.c.metrics).where(chosen))
    return [row.owner for row in rows if metric in metric_names(row.metrics)]


# Writing


def save_analysis(
    transaction: Transaction,
    definition: Definition,
    actor: Actor,
    keys: Keys,
    *,
    name: str,
    sentence: str,
    space: str,
) -> str:
    """Save an analysis under a name, as version 1, and return its id. Raises NotAllowed, UnknownQuestion,
    InvalidQuery.
    """
    ANALYSIS_ITEMS.check_may_write(actor)
    label, checked_sentence = _checked_name(name), _checked_sentence(sentence)
    check_move(transaction.connection, actor, space, is_mine=True, noun="analysis")
    me, analysis = subject_of(transaction, actor.id, actor.name), secrets.token_hex(16)
    row = {
        "id": analysis,
        "name": label,
        "sentence": checked_sentence,
        "owner": me,
        "space": space,
        "state": ACTIVE,
        "current": 1,
    }
    row |= {"created_at": transaction.now, "changed_at": transaction.now, "revision": 1}
    transaction.connection.execute(insert(ANALYSES).values(**row, **_found_by(definition)))
    add_analysis_version(transaction, analysis, 1, definition, keys, owner=me, author=me, note="")
    said = {"version": 1, "space": space, "analysis": definition.kind}
    ANALYSIS_ITEMS.record(transaction, "saved", analysis, actor, keys, said, {"name": label})
    return analysis


def save_analysis_version(
    transaction: Transaction,
    analysis: str,
    definition: Definition,
    actor: Actor,
    keys: Keys,
    *,
    revision: int,
    note: str = "",
    restores: int | None = None,
) -> int:
    """Save changes as the next version, and return its number. Raises UnknownQuestion, NotAllowed, ChangedMeanwhile."""
    head = ANALYSIS_ITEMS.to_change(transaction, analysis, actor)
    number, checked_note = head.version + 1, _checked_sentence(note)
    values = {"current": number, **_found_by(definition)}
    ANALYSIS_ITEMS.change(transaction, head.id, revision, values, ANALYSES.c.current == head.version)
    owner, author = _owner(transaction.connection, head.id), subject_of(transaction, actor.id, actor.name)
    add_analysis_version(transaction, head.id, number, definition, keys, owner=owner, author=author, note=checked_note)
    verb, more = ("changed", {}) if restores is None else ("version_restored", {"restores": restores})
    said = {"version": number, **more}
    ANALYSIS_ITEMS.record(transaction, verb, head.id, actor, keys, said, {"note": checked_note})
    return number


def rename_analysis(
    transaction: Transaction, analysis: str, actor: Actor, keys: Keys, *, name: str, sentence: str, revision: int
) -> None:
    """Change name and sentence. Raises UnknownQuestion, NotAllowed, ChangedMeanwhile, InvalidQuery."""
    head = ANALYSIS_ITEMS.to_change(transaction, analysis, actor)
    label, checked_sentence = _checked_name(name), _checked_sentence(sentence)
    ANALYSIS_ITEMS.change(transaction, head.id, revision, {"name": label, "sentence": checked_sentence})
    ANALYSIS_ITEMS.record(transaction, "renamed", head.id, actor, keys, NOTHING, {"name": label, "before": head.name})


# Helpers


def _owner(connection: Connection, analysis: str) -> str:
    return connection.execute(select(ANALYSES.c.owner).where(ANALYSES.c.id == analysis)).scalar_one()


def _found_by(definition: Definition) -> dict[str, str]:
    return {"kind": definition.kind, "metrics": json.dumps(definition.metrics)}


def _checked_name(name: str) -> str:
    label = one_line(name)
    if not 0 < len(label) <= LONGEST_NAME:
        raise InvalidQuery(f"A saved analysis needs a name of 1 to {LONGEST_NAME} characters.")
    return label


def _checked_sentence(sentence: str) -> str:
    line = one_line(sentence)
    if len(line) > LONGEST_SENTENCE:
        raise InvalidQuery(f"The description has more than {LONGEST_SENTENCE:,} characters. Shorten it.")
    return line
