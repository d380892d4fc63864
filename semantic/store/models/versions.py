"""The published versions of the model. A version is an immutable set of files, with who published it, when and why.

Versions are numbered 1, 2, 3 without gaps. The newest is the head. A version can be scheduled for a later day, so the
current version is the newest one that has taken effect. Each version is based on its parent, which is usually the
previous version. If an upload is published while another version is scheduled, its parent is the current version. The
scheduled version is then published again for the same time with the upload included. The new version `rebases` the one
it replaces (decision 69).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    insert,
    select,
)

from semantic.errors import ChangedMeanwhile, ModelError, NotAllowed, Problem, StoreFailed, UnknownVersion
from semantic.governance.domains import domains_in, may_approve, outside
from semantic.governance.run_policy_tests import failures, run_policy_tests
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.loading.load import MAX_FILES, digest_of, parse_files
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.domains import domains_stewarded
from semantic.policy.people import people_of
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Store, Transaction, hold_log, insert_if_missing, metadata, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.uploads.upload import check_file, file_path, is_upload, label_in

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
    Column("restores", Integer),  # the version restored by a rollback
    Column("is_seed", Boolean, nullable=False),  # the built-in files, not anyone's own
    Column("rebases", Integer),  # the scheduled version that this one replaces, after an upload
)

TEXTS: Final = Table(
    "model_texts",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)
"""The texts of files. Each is stored once, however many versions contain it."""

FILES: Final = Table(
    "model_files",
    metadata,
    Column("version", Integer, ForeignKey("model_versions.number"), primary_key=True),
    Column("path", String(400), primary_key=True),
    Column("text", String(64), ForeignKey("model_texts.digest"), nullable=False),
)

SYSTEM: Final = Actor(id="samepage", name="Samepage", kind="system")
"""The publisher of the built-in model."""

LONGEST_NOTE: Final = 2_000
LONGEST_PATH: Final = 400
_TRIES: Final = 5
_PATH: Final = re.compile(r"[\w-][\w .+-]*(/[\w-][\w .+-]*)*\.ya?ml")

Files = Mapping[str, str]
Check = Callable[[Model], Iterable[Problem]]
"""A condition for publishing a model, such as its policy tests. Returns the problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published version. `author` is a person's number, and `author_name` their name, or "" if they were erased."""

    number: int
    digest: str
    parent: int | None
    author: str
    author_name: str = field(default="", repr=False)
    note: str
    published_at: datetime
    effective_at: datetime
    restores: int | None = None
    is_seed: bool = False
    rebases: int | None = None


Step = Callable[[Transaction, Version], Mapping[str, Plain]]
"""Checks and writes more in the transaction that publishes a version, and returns what the audit log adds about it."""


def publish(
    store: Store,
    keys: Keys,
    files: Files,
    *,
    parent: int | None,
    actor: Actor,
    note: str,
    effective_at: datetime | None = None,
    checks: Sequence[Check] = (),
    step: Step | None = None,
) -> Version:
    """Publish files as a version based on `parent`, or as the first version if `parent` is None.

    The version takes effect at `effective_at`, or immediately if that time has passed. If `step` raises an error,
    nothing is published. A domain's stewards, according to `parent`, can only publish changes within their domain.
    Raises NotAllowed, ModelError with all problems that the files have or `checks` find, and ChangedMeanwhile if
    `parent` is no longer the head.
    """
    _require_right(store, files, parent, actor)
    check_files(files, checks, today=store.now().date())
    with store.write() as transaction:
        number = _append(transaction, files, parent=parent, actor=actor, note=note, effective_at=effective_at)
        version = read_version(transaction.connection, number)
        details = step(transaction, version) if step is not None else {}
        _record(transaction, keys, "model.published", number, actor, **details)
        return version


def publish_upload(store: Store, keys: Keys, name: str, text: str | None, *, actor: Actor, note: str) -> Version:
    """Publish the current version with one upload's model file added or replaced, or removed if `text` is None.

    Marketers and above can do this, because the rest of the model stays unchanged, and the file can contain only the
    upload's own dataset, metrics and policy (decision 58). Scheduled versions are published again with the upload
    included, for the same times. The caller checks whose upload it is. Raises NotAllowed, ModelError, and
    ChangedMeanwhile, also if a scheduled version changes the same upload or conflicts with it.
    """
    if not actor.is_at_least("marketer") or actor.only_looks:
        raise NotAllowed("Uploading needs at least the marketer role.")
    if text is not None:
        check_file(text, name)
    for _ in range(_TRIES):
        with store.read() as connection:
            found = _read_current(connection, store.now())
            if found is None:
                raise ModelError([])
            before = {version.number: files_of(connection, version.number) for version in found.all}
        after = {number: _with_upload(files, name, text) for number, files in before.items()}
        today = store.now().date()
        check_files(after[found.running.number], today=today)
        for version in found.scheduled:
            _check_rebased(found.running, version, before, after, name=name, text=text, today=today)
        try:
            with store.write() as transaction:
                return _append_upload(transaction, keys, found, after, actor=actor, note=note)
        except ChangedMeanwhile:
            continue  # someone published at this moment, or a scheduled version took effect
    raise ChangedMeanwhile("Others are publishing at this moment. Nothing was changed. Try again.")


@dataclass(frozen=True, slots=True)
class _CurrentVersions:
    """The current version, and the scheduled versions in order."""

    running: Version
    scheduled: tuple[Version, ...]

    @property
    def all(self) -> tuple[Version, ...]:
        return (self.running, *self.scheduled)

    @property
    def head(self) -> int:
        return self.all[-1].number


def _read_current(connection: Connection, now: datetime) -> _CurrentVersions | None:
    running = read_running(connection, now)
    return _CurrentVersions(running, read_scheduled(connection, now)) if running is not None else None


def _with_upload(files: Files, name: str, text: str | None) -> dict[str, str]:
    kept = {path: other for path, other in files.items() if path != file_path(name)}
    return kept | ({file_path(name): text} if text is not None else {})


def _check_rebased(
    running: Version,
    version: Version,
    before: Mapping[int, Files],
    after: Mapping[int, Files],
    *,
    name: str,
    text: str | None,
    today: date,
) -> None:
    """Raise ChangedMeanwhile if a scheduled version conflicts with an upload.

    The message doesn't reveal what else the scheduled version changes.
    """
    path = file_path(name)
    label = label_in(text if text is not None else before[running.number].get(path, ""))
    who = version.author_name.partition(",")[0] or "someone who left"
    other = f"version {version.number} of the model, which {who} scheduled for {_moment(version.effective_at)}"
    then = "Nothing was changed. Try again after that, or ask a steward to take that version back."
    if before[version.number].get(path) != before[running.number].get(path):
        raise ChangedMeanwhile(f"“{label}” can't be published now, because {other}, changes it too. {then}")
    try:
        check_files(after[version.number], today=today)
    except ModelError as error:
        why = f"“{label}” can't be published now, because it doesn't fit {other}. {then}"
        raise ChangedMeanwhile(why) from error


def _append_upload(
    transaction: Transaction,
    keys: Keys,
    found: _CurrentVersions,
    after: Mapping[int, Files],
    *,
    actor: Actor,
    note: str,
) -> Version:
    """Add the version with an upload, then each scheduled version again on behalf of its own author.

    Raises ChangedMeanwhile if the versions in `found` are no longer the current and scheduled ones.
    """
    hold_log(transaction.connection)
    if _read_current(transaction.connection, transaction.now) != found:
        raise ChangedMeanwhile("Others are publishing at this moment. Nothing was changed. Try again.")
    running = found.running.number
    files = after[running]
    number = head = _append(transaction, files, parent=running, follows=found.head, actor=actor, note=note)
    _record(transaction, keys, "model.published", number, actor)
    for version in found.scheduled:
        head = _append(transaction, after[version.number], parent=head, actor=actor, note=version.note, again=version)
        _record(transaction, keys, "model.rebased", head, actor, rebases=version.number)
    return read_version(transaction.connection, number)


def publish_mapped_names(
    store: Store, keys: Keys, files: Files, *, parent: int, actor: Actor, note: str, checks: Sequence[Check] = ()
) -> Version:
    """Publish a version that differs from `parent` only in mapped names. Marketers can do this for names that they own.

    The caller checks who owns the names. Raises the same errors as `publish`.
    """
    if not actor.is_at_least("marketer") and actor != SYSTEM:
        raise NotAllowed("Mapping campaign names needs at least the marketer role.")
    with store.read() as connection:
        before = files_of(connection, parent)
    own, others = ({one.key: own_text(one) for one in objects_of(side)} for side in (files, before))
    changed = {key for key in {**own, **others} if own.get(key) != others.get(key)}
    if any(kind is not ObjectKind.MAPPED_NAMES for kind, _ in changed):
        raise NotAllowed("Only mapped names can be published this way.")
    check_files(files, checks, today=store.now().date())
    with store.write() as transaction:
        number = _append(transaction, files, parent=parent, actor=actor, note=note)
        _record(transaction, keys, "model.published", number, actor)
        return read_version(transaction.connection, number)


def roll_back(
    store: Store,
    keys: Keys,
    to: int,
    *,
    head: int,
    actor: Actor,
    note: str,
    over: int | None = None,
    checks: Sequence[Check] = (),
    step: Step | None = None,
) -> Version:
    """Publish the files of version `to` again, effective immediately. This also replaces any scheduled version.

    Uploads keep their current state. `head` is the newest version that the actor knows of. If `over` is given, it must
    still be the current version. Raises the same errors as `publish`, and UnknownVersion.
    """
    _require_steward(actor)
    with store.read() as connection:
        before, files = read_running(connection, store.now()), files_to_restore(connection, to, store.now())
    if over is not None and (before is None or before.number != over):
        raise _took_effect()
    check_files(files, checks, today=store.now().date())
    with store.write() as transaction:
        hold_log(transaction.connection)
        if read_running(transaction.connection, transaction.now) != before:
            raise _took_effect()
        number = _append(transaction, files, parent=head, actor=actor, note=note, restores=to)
        version = read_version(transaction.connection, number)
        details = step(transaction, version) if step is not None else {}
        _record(transaction, keys, "model.rolled_back", number, actor, restores=to, **details)
        return version


def files_to_restore(connection: Connection, to: int, now: datetime) -> dict[str, str]:
    """Return the files that a roll-back to a version publishes. Raises the same errors as `files_of`.

    These are the version's own files with the current version's uploads, because uploads belong to their owners.
    """
    running = read_running(connection, now)
    current = files_of(connection, running.number) if running is not None else {}
    kept = {path: text for path, text in files_of(connection, to).items() if not is_upload(path)}
    return kept | {path: text for path, text in current.items() if is_upload(path)}


def publish_seed(store: Store, keys: Keys, files: Files) -> Version | None:
    """Publish the built-in model, or its newer release, unless someone has published a model of their own.

    Returns None if there is nothing to publish. If several processes start at the same time, only one of them
    publishes.
    """
    with store.read() as connection:
        head = read_head(connection)
    if head is not None and (not head.is_seed or head.digest == digest_of(files)):
        return None
    check_files(files, today=store.now().date())
    note = "The model included in Samepage" + (", as of this release." if head else ".")
    try:
        with store.write() as transaction:
            parent = head.number if head else None
            number = _append(transaction, files, parent=parent, actor=SYSTEM, note=note, is_seed=True)
            _record(transaction, keys, "model.published", number, SYSTEM)
            return read_version(transaction.connection, number)
    except ChangedMeanwhile:
        return None


def check_files(files: Files, checks: Sequence[Check] = (), *, today: date) -> Model:
    """Return the model in files that are about to be published. Raises ModelError with all problems.

    Policy tests that don't need rows must pass. `checks` runs the others.
    """
    problems = [Problem(path, 0, *wrong_path) for path in files if (wrong_path := _wrong_path(path))]
    unkept = (path for path, text in files.items() if any("\ud800" <= letter <= "\udfff" for letter in text))
    problems += [
        Problem(path, 0, "It contains half of a character, which can't be saved.", "Save it as UTF-8.")
        for path in unkept
    ]
    if not files or len(files) > MAX_FILES:
        problems.append(
            Problem(
                "the model", 0, f"It has {len(files):,} files.", f"At most {MAX_FILES:,} can be saved, and at least 1."
            )
        )
    if problems:
        raise ModelError(problems)
    model, people = parse_files(files)
    problems = list(failures(run_policy_tests(model, people_of(people), today=today)))
    if problems := problems or [problem for check in checks for problem in check(model)]:
        raise ModelError(problems)
    return model


def read_head(connection: Connection) -> Version | None:
    """Return the newest version, even if it isn't in effect yet, or None in a store without a model."""
    row = connection.execute(_versions().limit(1)).one_or_none()
    return _version(row) if row else None


def read_running(connection: Connection, now: datetime) -> Version | None:
    """Return the version that is current at `now`: the newest one that has taken effect, or None."""
    row = connection.execute(_versions().where(VERSIONS.c.effective_at <= now).limit(1)).one_or_none()
    return _version(row) if row else None


def read_scheduled(connection: Connection, now: datetime) -> tuple[Version, ...]:
    """Return the versions that take effect after `now`, earliest first, without replaced ones."""
    running = read_running(connection, now)
    later = _versions().where(VERSIONS.c.number > (running.number if running else 0))
    return tuple(_version(row) for row in connection.execute(later))[::-1]


def read_version(connection: Connection, number: int) -> Version:
    """Return the version with this number. Raises UnknownVersion."""
    # A number with more digits than the column isn't a version either.
    is_possible = 0 < number < 2**31
    row = connection.execute(_versions().where(VERSIONS.c.number == number)).one_or_none() if is_possible else None
    if row is None:
        raise UnknownVersion(number)
    return _version(row)


def read_versions(connection: Connection, *, limit: int | None = None) -> list[Version]:
    """Return the versions, newest first, at most `limit` if that is given."""
    return [_version(row) for row in connection.execute(_versions().limit(limit))]


def was_live(connection: Connection, number: int, now: datetime) -> bool:
    """Whether a version was ever current: it took effect before any later version did. Raises UnknownVersion."""
    version = read_version(connection, number)
    if version.effective_at <= version.published_at:  # at once
        return True
    later = [each.effective_at for each in read_versions(connection) if each.number > number]
    return version.effective_at <= now and all(version.effective_at < at for at in later)


def files_of(connection: Connection, number: int) -> dict[str, str]:
    """Return a version's files by path, exactly as published.

    Raises UnknownVersion, and StoreFailed if the files were changed in the store.
    """
    version = read_version(connection, number)
    rows = connection.execute(
        select(FILES.c.path, TEXTS.c.text)
        .join_from(FILES, TEXTS, FILES.c.text == TEXTS.c.digest)
        .where(FILES.c.version == number)
        .order_by(FILES.c.path)
    )
    files = {row.path: row.text for row in rows}
    if digest_of(files) != version.digest or any(_wrong_path(path) for path in files):
        raise StoreFailed(
            f"The files of version {number} of the model aren't as they were published, because the store "
            "itself was changed. Restore a backup, or publish another version."
        )
    return files


def _versions() -> Select[Any]:
    names = PEOPLE.c.name.label("author_name")
    joined = select(VERSIONS, names).join_from(VERSIONS, PEOPLE, VERSIONS.c.author == PEOPLE.c.subject, isouter=True)
    return joined.order_by(VERSIONS.c.number.desc())


def _version(row: Row[Any]) -> Version:  # Any: the columns above, each with its own type
    return Version(
        number=row.number,
        digest=row.digest,
        parent=row.parent,
        author=row.author,
        author_name=row.author_name or "",
        note=row.note,
        published_at=row.published_at,
        effective_at=row.effective_at,
        restores=row.restores,
        is_seed=row.is_seed,
        rebases=row.rebases,
    )


def _append(
    transaction: Transaction,
    files: Files,
    *,
    parent: int | None,
    actor: Actor,
    note: str,
    effective_at: datetime | None = None,
    restores: int | None = None,
    is_seed: bool = False,
    follows: int | None = None,
    again: Version | None = None,
) -> int:
    """Add a version after the version `follows`, by default its `parent`, and return its number.

    `again` is a scheduled version by the same author that the new one replaces. Raises ChangedMeanwhile if `follows`
    isn't the head.
    """
    connection = transaction.connection
    hold_log(connection)  # before anything that it locks, as everyone who locks both does
    head = read_head(connection)
    newest = follows if follows is not None else parent
    number = (newest or 0) + 1
    if (head.number if head else None) != newest:
        raise _changed(newest, head)
    starts = max((again.effective_at if again else effective_at) or transaction.now, transaction.now)
    if head is not None and restores is None and follows is None and starts < head.effective_at:
        raise ChangedMeanwhile(
            f"Version {head.number}, which this is based on, only takes effect on {_moment(head.effective_at)}, "
            "so later versions can't take effect before. Nothing was published. Choose that day or a later "
            "one, or roll back to the current version and publish after that."
        )
    row = {
        "number": number,
        "digest": digest_of(files),
        "parent": parent,
        "author": again.author if again else subject_of(transaction, actor.id, actor.name),
        "note": storable(note).strip()[:LONGEST_NOTE],
        "published_at": transaction.now,
        "effective_at": starts,
        "restores": restores,
        "is_seed": is_seed,
        "rebases": again.number if again else None,
    }
    if not insert_if_missing(connection, VERSIONS, row):  # PostgreSQL's writers aren't serialized
        raise _changed(newest, read_head(connection))
    for path, text in sorted(files.items()):
        digest = hashlib.sha256(text.encode()).hexdigest()
        insert_if_missing(connection, TEXTS, {"digest": digest, "text": text})
        connection.execute(insert(FILES).values(version=number, path=path, text=digest))
    return number


def _record(transaction: Transaction, keys: Keys, kind: str, number: int, actor: Actor, **details: Plain) -> None:
    version = read_version(transaction.connection, number)
    details |= {"digest": version.digest, "effective_at": version.effective_at.isoformat()}
    about, personal = f"version:{number}", {"note": version.note}
    record(transaction, Act(kind=kind, actor=actor, about=about, details=details, personal=personal), keys)


def _require_steward(actor: Actor) -> None:
    if not actor.is_at_least("steward"):
        raise NotAllowed("Publishing a version of the model needs at least the steward role.")


def _require_right(store: Store, files: Files, parent: int | None, actor: Actor) -> None:
    """Raise NotAllowed unless the actor can publish these files.

    Stewards can publish any change. Stewards of a domain can only publish changes within their domain.
    """
    if actor.is_at_least("steward"):
        return
    if parent is not None and actor.viewed_by is None:
        with store.read() as connection:
            before = files_of(connection, parent)
        if may_approve(actor, before, files):
            return
        if domains_stewarded(actor, domains_in(before)):
            beyond = ", ".join(f"{kind.words} {name}" for kind, name in outside(actor, before, files)[:5])
            raise NotAllowed(
                f"You can publish metrics and segments of your domain. This changes more: {beyond}. Revert it, or ask "
                "a steward to publish it."
            )
    _require_steward(actor)


def _wrong_path(path: str) -> tuple[str, str] | None:
    """Return the problem with a file's path as a message and a remedy, or None if there is none.

    A path that leads out of the model's folder must never be written to disk.
    """
    if len(path) > LONGEST_PATH:
        return f"Its name is longer than {LONGEST_PATH} characters.", "Shorten it."
    if _PATH.fullmatch(path) is None:
        return "Its name can't be saved.", "Use letters, digits, spaces and - _ + . and / for folders, and end in .yml."
    return None


def _changed(parent: int | None, head: Version | None) -> ChangedMeanwhile:
    if head is None:
        return ChangedMeanwhile(f"There's no version {parent} to follow, because the store has no model yet.")
    made_from = f"version {parent}" if parent else "no version"
    return ChangedMeanwhile(
        f"The model is at version {head.number}, and this was made from {made_from}. Nothing was published. Merge your "
        f"changes into version {head.number}, and publish that."
    )


def _took_effect() -> ChangedMeanwhile:
    return ChangedMeanwhile("Another version took effect at this moment. Nothing was rolled back. Check again.")


def _moment(instant: datetime) -> str:
    return f"{instant.day} {instant:%b %Y at %H:%M} UTC"
