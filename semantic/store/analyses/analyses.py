"""Saved analyses: a name, a sentence, an owner and a space, with every version of the definition (decision 73).

The rules of saved questions apply: in its owner's own space, an analysis belongs to the owner alone. In a shared space,
everyone who can open the space can read it, and its owner and stewards can change it. Missing and hidden analyses give
the same message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, String, Table, Text

from semantic.errors import UnknownQuestion
from semantic.policy.actor import Actor
from semantic.store.analyses.versions import (
    AnalysisVersion,
    Definition,
    add_analysis_version,
    read_analysis_versions,
)
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.spaces.items import ACTIVE, with_names
from semantic.store.spaces.readers import Reader, reader_of
from semantic.store.spaces.saved import UNWRITABLE, Saved, SavedItems, saved_of

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
class SavedAnalysis(Saved):
    """A saved analysis as one person sees it in a list, without its content."""

    kind: str


def _head(row: Row[Any], actor: Actor, me: Reader) -> SavedAnalysis:  # Any: a row of any columns
    return SavedAnalysis(kind=row.kind, **saved_of(row, actor, me))


ANALYSIS_ITEMS: Final = SavedItems(
    table=ANALYSES,
    noun="analysis",
    heads=with_names(ANALYSES),
    head=_head,
    unknown=lambda: UnknownQuestion(UNKNOWN),
    no_role=UNWRITABLE,
    not_yours="Only its owner and stewards can change a shared analysis. Save your own copy.",
)
find_analysis, list_analyses = ANALYSIS_ITEMS.find, ANALYSIS_ITEMS.find_all
move_analysis, file_analysis, archive_analysis = ANALYSIS_ITEMS.move, ANALYSIS_ITEMS.file, ANALYSIS_ITEMS.archive
rename_analysis = ANALYSIS_ITEMS.rename
read_private_analyses = ANALYSIS_ITEMS.private_owners


# Reading


def read_analysis_version(
    connection: Connection, analysis: str, actor: Actor, keys: Keys, *, number: int | None = None
) -> AnalysisVersion:
    """Return a version of an analysis, by default the current one. Raises UnknownQuestion."""
    head = find_analysis(connection, analysis, actor)
    owner, me = ANALYSIS_ITEMS.owner(connection, head.id), reader_of(connection, actor)
    wanted = head.version if number is None else number
    versions = read_analysis_versions(connection, head.id, keys, owner=owner, me=me.subject, number=wanted)
    if not versions:
        raise UnknownQuestion(f"This analysis has no version {number}.")
    return versions[0]


def list_analysis_versions(connection: Connection, analysis: str, actor: Actor, keys: Keys) -> list[AnalysisVersion]:
    """Return every version of an analysis, newest first. Raises UnknownQuestion."""
    head = find_analysis(connection, analysis, actor)
    owner, me = ANALYSIS_ITEMS.owner(connection, head.id), reader_of(connection, actor)
    return read_analysis_versions(connection, head.id, keys, owner=owner, me=me.subject)


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
    """Save an analysis under a name, as version 1, and return its ID.

    Raises NotAllowed, UnknownQuestion, InvalidQuery.
    """
    return ANALYSIS_ITEMS.add(
        transaction,
        actor,
        keys,
        name=name,
        sentence=sentence,
        space=space,
        found_by=_found_by(definition),
        add_version=partial(add_analysis_version, transaction, definition=definition, keys=keys),
        details={"analysis": definition.kind},
    )


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
    return ANALYSIS_ITEMS.add_next(
        transaction,
        analysis,
        actor,
        keys,
        revision=revision,
        note=note,
        restores=restores,
        found_by=_found_by(definition),
        add_version=partial(add_analysis_version, transaction, definition=definition, keys=keys),
    )


# Helpers


def _found_by(definition: Definition) -> dict[str, str]:
    return {"kind": definition.kind, "metrics": json.dumps(definition.metrics)}
