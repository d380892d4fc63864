"""Uploads: their owners, the plans from which model files are generated, and the versions of their tables."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, InvalidQuery, UnknownUpload, counted
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.uploads.upload import UploadPlan, plan_from_text, plan_to_text

CHANGED: Final = "This upload was changed in the meantime. Reload the page, then try again."

UPLOADS: Final = Table(
    "uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("table_name", String(63), nullable=False, unique=True),
    Column("label", String(200), nullable=False),
    Column("owner", String(32), nullable=False),  # a subject
    Column("plan", Text, nullable=False),  # JSON: the columns, the key, the date and who can see the upload
    Column("version", Integer, nullable=False),  # of the table that questions read; 0 before the first
    Column("last_day", Date),
    Column("rows", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("revision", Integer, nullable=False),
    Index("ix_uploads_owner", "owner"),
)

UPLOAD_VERSIONS: Final = Table(
    "upload_versions",
    metadata,
    Column("upload", String(32), ForeignKey("uploads.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("author", String(32), nullable=False),  # a subject
    Column("how", String(20), nullable=False),  # made, replaced, appended, restored
    Column("rows", BigInteger, nullable=False),
    Column("last_day", Date),
    Column("digest", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload in the store. `owner_id` is "" if the owner was erased."""

    id: str
    plan: UploadPlan
    owner_id: str
    owner_name: str = field(repr=False)
    version: int
    rows: int
    last_day: date | None
    digest: str
    made_at: datetime
    changed_at: datetime
    revision: int

    @property
    def name(self) -> str:
        return self.plan.name


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadVersion:
    """One version of an upload's table."""

    number: int
    author_name: str
    how: str
    rows: int
    last_day: date | None
    made_at: datetime
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A summary of the rows in a version."""

    rows: int
    last_day: date | None
    digest: str


def new_name() -> str:
    """Return a new, unique name for an upload."""
    return f"up_{secrets.token_hex(6)}"


def read_uploads(connection: Connection) -> list[Upload]:
    """Return every upload that wasn't deleted, sorted by label."""
    return [_upload(row) for row in connection.execute(_heads().order_by(UPLOADS.c.label, UPLOADS.c.id))]


def read_upload(connection: Connection, upload: str) -> Upload:
    """Return the upload with this ID. Raises UnknownUpload."""
    row = connection.execute(_heads().where(UPLOADS.c.id == upload[:32])).one_or_none() if upload.isascii() else None
    if row is None:
        raise UnknownUpload
    return _upload(row)


def require_no_uploads(connection: Connection, subject: str) -> None:
    """Raise InvalidQuery if a person owns uploads.

    The policies of uploads contain their owner's ID, so the ID must not become someone else's as long as the person
    owns uploads.
    """
    owned = select(func.count()).select_from(UPLOADS).where(UPLOADS.c.owner == subject, UPLOADS.c.ended_at.is_(None))
    if count := connection.execute(owned).scalar_one():
        raise InvalidQuery(
            f"This person owns {counted(count, 'upload')}. Deactivate the account, have a steward take over what they "
            "own on Your uploads, then try again."
        )


def read_upload_versions(connection: Connection, upload: str) -> list[UploadVersion]:
    """Return the versions of an upload's table that haven't been deleted, newest first."""
    rows = connection.execute(
        select(UPLOAD_VERSIONS, PEOPLE.c.name.label("author_name"))
        .outerjoin(PEOPLE, PEOPLE.c.subject == UPLOAD_VERSIONS.c.author)
        .where(UPLOAD_VERSIONS.c.upload == upload)
        .order_by(UPLOAD_VERSIONS.c.number.desc())
    )
    return [
        UploadVersion(
            number=row.number, author_name=row.author_name or "", how=row.how, rows=row.rows, last_day=row.last_day,
            made_at=row.made_at, digest=row.digest,
        )
        for row in rows
    ]  # fmt: skip


def add_upload(transaction: Transaction, plan: UploadPlan, contents: Contents, actor: Actor, keys: Keys) -> str:
    """Add an upload with its first version, and return its ID."""
    upload, owner = secrets.token_hex(16), subject_of(transaction, actor.id, actor.name)
    transaction.connection.execute(
        insert(UPLOADS).values(
            id=upload, table_name=plan.name, label=storable(plan.label), owner=owner, plan=storable(plan_to_text(plan)),
            version=1, rows=contents.rows, last_day=contents.last_day, digest=contents.digest, made_at=transaction.now,
            changed_at=transaction.now, revision=1,
        )
    )  # fmt: skip
    _add_version(transaction, upload, 1, "made", contents, owner)
    _record(transaction, "upload.made", upload, plan, actor, keys, rows=contents.rows)
    return upload


def add_version(
    transaction: Transaction, upload: Upload, how: str, contents: Contents, actor: Actor, keys: Keys
) -> int:
    """Add a version of the table, which becomes the current one, and return its number. Raises ChangedMeanwhile."""
    number = _next_version(transaction.connection, upload)
    author = subject_of(transaction, actor.id, actor.name)
    _change(
        transaction, upload, version=number, rows=contents.rows, last_day=contents.last_day, digest=contents.digest
    )  # fmt: skip
    _add_version(transaction, upload.id, number, how, contents, author)
    _record(transaction, f"upload.{how}", upload.id, upload.plan, actor, keys, rows=contents.rows)
    return number


def _next_version(connection: Connection, upload: Upload) -> int:
    """Return the number of the next version of an upload's table."""
    versions = read_upload_versions(connection, upload.id)
    return max((version.number for version in versions), default=0) + 1


def change_plan(transaction: Transaction, upload: Upload, plan: UploadPlan, actor: Actor, keys: Keys) -> None:
    """Change who can see an upload, its label, or the uses of its columns. Raises ChangedMeanwhile."""
    _change(transaction, upload, plan=storable(plan_to_text(plan)), label=storable(plan.label))
    kind = "upload.shared" if plan.shared != upload.plan.shared else "upload.changed"
    details = {"people": len(plan.shared.people), "roles": listed_words(plan.shared.roles),
            "groups": listed_words(plan.shared.groups)}  # fmt: skip
    _record(transaction, kind, upload.id, plan, actor, keys, **details)


def hand_over(transaction: Transaction, upload: Upload, to: Actor, plan: UploadPlan, actor: Actor, keys: Keys) -> None:
    """Transfer an upload to another owner. Raises ChangedMeanwhile."""
    owner = subject_of(transaction, to.id, to.name)
    _change(transaction, upload, owner=owner, plan=storable(plan_to_text(plan)))
    _record(transaction, "upload.handed_over", upload.id, plan, actor, keys)


def end_upload(transaction: Transaction, upload: Upload, actor: Actor, keys: Keys) -> None:
    """Delete an upload with all its versions. Raises ChangedMeanwhile."""
    _change(transaction, upload, ended_at=transaction.now, plan="{}", label="", rows=0)
    transaction.connection.execute(delete(UPLOAD_VERSIONS).where(UPLOAD_VERSIONS.c.upload == upload.id))
    _record(transaction, "upload.deleted", upload.id, upload.plan, actor, keys)


def forget_versions(transaction: Transaction, upload: str, numbers: Sequence[int]) -> None:
    """Delete these versions of an upload's table from the store."""
    wanted = (UPLOAD_VERSIONS.c.upload == upload) & UPLOAD_VERSIONS.c.number.in_(numbers)
    transaction.connection.execute(delete(UPLOAD_VERSIONS).where(wanted))


def listed_words(names: Sequence[str]) -> str:
    return ", ".join(names)


def _heads() -> Select[Any]:
    return (
        select(UPLOADS, PEOPLE.c.id.label("owner_id"), PEOPLE.c.name.label("owner_name"))
        .outerjoin(PEOPLE, PEOPLE.c.subject == UPLOADS.c.owner)
        .where(UPLOADS.c.ended_at.is_(None))
    )


def _upload(row: Row[Any]) -> Upload:  # Any: the columns above, each with its own type
    return Upload(
        id=row.id,
        plan=plan_from_text(row.plan),
        owner_id=row.owner_id or "",
        owner_name=row.owner_name or "",
        version=row.version,
        rows=row.rows,
        last_day=row.last_day,
        digest=row.digest,
        made_at=row.made_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )


def _change(transaction: Transaction, upload: Upload, **values: object) -> None:
    changed = transaction.connection.execute(
        update(UPLOADS)
        .where(UPLOADS.c.id == upload.id, UPLOADS.c.revision == upload.revision, UPLOADS.c.ended_at.is_(None))
        .values(**values, revision=upload.revision + 1, changed_at=transaction.now)
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile(CHANGED)


def _add_version(transaction: Transaction, upload: str, number: int, how: str, contents: Contents, author: str) -> None:
    transaction.connection.execute(
        insert(UPLOAD_VERSIONS).values(
            upload=upload, number=number, author=author, how=how, rows=contents.rows, last_day=contents.last_day,
            digest=contents.digest, made_at=transaction.now,
        )
    )  # fmt: skip


def _record(
    transaction: Transaction, kind: str, upload: str, plan: UploadPlan, actor: Actor, keys: Keys, **details: Plain
) -> None:
    personal = {"name": plan.label}
    record(transaction, Act(kind=kind, actor=actor, about=f"upload:{upload}", details=details, personal=personal), keys)
