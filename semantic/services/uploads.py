"""Create, change and delete uploads as one person.

An upload consists of a table on disk, an entry in the store, and a part of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from semantic.errors import InvalidQuery, NotAllowed, SemanticError, UnknownUpload
from semantic.model.definitions import TypeKind
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.run.upload_tables import digest_of
from semantic.services.process import Live
from semantic.store.models.versions import publish_upload
from semantic.store.uploads.uploads import (
    Contents,
    Upload,
    UploadVersion,
    add_upload,
    add_version,
    change_plan,
    end_upload,
    forget_versions,
    hand_over,
    new_name,
    read_upload,
    read_upload_versions,
    read_uploads,
)
from semantic.uploads.reading import Reading
from semantic.uploads.rows import (
    Difference,
    appended,
    check_key,
    columns_of,
    difference,
    fitted,
    last_day,
    numbered,
    parquet_of,
    prepared,
    suggest_key,
    table_of,
)
from semantic.uploads.upload import Shared, UploadPlan, Use, check_plan, metric_labels, model_file

KEPT_VERSIONS: Final = 5
MOST_UPLOADS: Final = 50
"""The most uploads that one person can own."""
MOST_KEPT_BYTES: Final = 500 * 1024 * 1024
"""The most bytes on disk that all versions of one person's uploads can have."""
MOST_VALUES: Final = 1_000
"""The most values of a column that are compared with a breakdown of the model."""
_MOST_TRIED: Final = 20
FOLDER: Final = (
    "Files can't be uploaded here, because this server reads its model from a folder. Ask an administrator to keep the "
    "model in the store."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A breakdown that an upload's column could use, because the two have values in common."""

    dimension: str
    label: str
    known: int
    values: int
    unknown: tuple[str, ...]

    @property
    def words(self) -> str:
        """The match as text: `Matches Channel: 12 of 13 values`."""
        return f"Matches {self.label}: {self.known:,} of {self.values:,} values"


@dataclass(frozen=True, slots=True)
class UploadWork:
    """The uploads of `actor`. Raises StoreFailed whenever it reads."""

    live: Live = field(repr=False)
    actor: Actor

    # Rights

    @property
    def why_not(self) -> str:
        """Why this person can't upload files, or "" if they can."""
        if self.live.settings.model_source == "folder":
            return FOLDER
        if self.actor.viewed_by is not None:
            return "You can't upload while you view as someone else."
        if self.actor.kind != "person" or not self.actor.is_at_least("marketer"):
            return "Uploading needs the marketer role or higher. An administrator can change your role."
        return ""

    def uploads(self) -> list[Upload]:
        """Return the uploads that this person can see, without their rows.

        People see their own uploads and those shared with them. Stewards see all uploads.
        """
        with self.live.store.read() as connection:
            uploads = read_uploads(connection)
        return [upload for upload in uploads if self._may_see(upload)]

    def find(self, upload: str) -> Upload:
        """Return an upload by its ID. Raises UnknownUpload."""
        with self.live.store.read() as connection:
            found = read_upload(connection, upload)
        if not self._may_see(found):
            raise UnknownUpload
        return found

    def may_change(self, upload: Upload) -> bool:
        return not self.why_not and upload.owner_id == self.actor.id

    def may_take_over(self, upload: Upload) -> bool:
        """Whether this person can become the owner of an upload. A steward can if the owner has left."""
        has_left = upload.owner_id not in self.live.people()
        return not self.why_not and self.actor.is_at_least("steward") and has_left

    def versions(self, upload: Upload) -> list[UploadVersion]:
        """Return the versions of an upload, newest first."""
        with self.live.store.read() as connection:
            return read_upload_versions(connection, upload.id)

    def _may_see(self, upload: Upload) -> bool:
        shared, actor = upload.plan.shared, self.actor
        is_shared = (
            actor.id in shared.people
            or not actor.roles.isdisjoint(shared.roles)
            or not actor.groups.isdisjoint(shared.groups)
        )
        is_steward = actor.is_at_least("steward") and actor.viewed_by is None
        return upload.owner_id == actor.id or is_shared or is_steward

    # A new upload

    def plan(
        self,
        reading: Reading,
        *,
        label: str,
        purpose: str = "other",
        uses: Mapping[str, Use] | None = None,
        dimensions: Mapping[str, str] | None = None,
        currencies: Mapping[str, str] | None = None,
        key: Sequence[str] | None = None,
        day: str | None = None,
        shared: Shared | None = None,
        name: str = "",
    ) -> UploadPlan:
        """Return the plan for an upload, from the person's choices, or by default from the file.

        Raises UnreadableFile while a question about the file is unanswered, and InvalidQuery for an invalid key.
        """
        columns = columns_of(reading, uses or {}, dimensions or {}, currencies)
        labels = {dimension: self._label_of(dimension) for dimension in (dimensions or {}).values() if dimension}
        columns = tuple(replace(column, label=labels.get(column.dimension, column.label)) for column in columns)
        table = prepared(reading.table())
        days = [column.name for column in columns if column.use == "date"]
        plan = UploadPlan(
            name=name or new_name(),
            label=label.strip(),
            purpose=purpose,
            columns=columns,
            key=suggest_key(table, columns) if key is None else tuple(key),
            day=(days[0] if days else "") if day is None else day,
            shared=shared or Shared(),
        )
        check_plan(plan)
        check_key(table, plan)
        return plan

    def offers(self, reading: Reading, column: str) -> tuple[Offer, ...]:
        """Return the breakdowns that this person can see and that have most of a column's values, best match first."""
        values = {str(value) for value in reading.table()[column].drop_nulls().unique().to_list()}
        if not values or len(values) > MOST_VALUES:
            return ()
        workspace = self.live.workspace()
        offers: list[Offer] = []
        for dimension in workspace.visible(self.actor).dimensions:
            if dimension.kind != "categorical" or dimension.type.kind is not TypeKind.STRING:
                continue
            names = (dimension.name, dimension.label, *dimension.synonyms)
            if _is_alike(names, column) and (known := self._values(dimension.name)):
                unknown = tuple(sorted(values - known))
                offers.append(
                    Offer(
                        dimension=dimension.name, label=dimension.label, known=len(values) - len(unknown),
                        values=len(values), unknown=unknown,
                    )
                )  # fmt: skip
        return tuple(sorted((offer for offer in offers if offer.known), key=lambda offer: -offer.known))

    def _values(self, dimension: str) -> set[str]:
        """Return the values of a breakdown that this person can see, or an empty set if they can't be listed.

        If several tables have the breakdown, its values can only be listed with a metric, so a metric of each table is
        tried in turn.
        """
        workspace = self.live.workspace()
        by_dataset: dict[str, Query] = {}
        for metric in workspace.visible(self.actor).metrics:
            if metric.is_simple and not metric.own_data:
                dataset = workspace.model.measure(metric.measure).dataset
                by_dataset.setdefault(dataset, Query(metrics=(metric.name,)))
        questions = [Query(metrics=()), *[*by_dataset.values()][:_MOST_TRIED]]
        for question in questions:
            try:
                values, _ = workspace.values(dimension, question, self.actor, limit=MOST_VALUES)
            except SemanticError:
                continue
            return {str(value) for value in values if value is not None}
        return set()

    def _label_of(self, dimension: str) -> str:
        """Return the label of a breakdown, if this person can use it. Raises UnknownName."""
        return self.live.workspace().visible(self.actor).dimension(dimension)[0].label

    def make(self, reading: Reading, plan: UploadPlan) -> str:
        """Save a file as an upload that only this person and the people they share it with can see, and return its ID.

        If any step fails, nothing is saved. Raises NotAllowed, InvalidQuery, ModelError, UnreadableFile.
        """
        self._check_may()
        self._check_room()
        self._check_shared(plan.shared)
        table = numbered(prepared(reading.table()), plan)
        text = model_file(plan, owner=self.actor.id, owner_name=self.actor.short_name)
        rows = parquet_of(table)
        self.live.upload_tables.keep(plan.name, 1, rows)
        contents = Contents(rows=table.height, last_day=last_day(table, plan), digest=digest_of(rows))
        with self.live.store.write() as transaction:
            upload = add_upload(transaction, plan, contents, self.actor, self.live.keys)
        try:
            self._show()
            self._publish(plan.name, text, f"Upload: {plan.label}")
        except BaseException:
            self._undo(upload)
            raise
        self.live.take()
        return upload

    def _undo(self, upload: str) -> None:
        with self.live.store.write() as transaction:
            made = read_upload(transaction.connection, upload)
            end_upload(transaction, made, self.actor, self.live.keys)
        self._show()
        self.live.upload_tables.drop(made.name, 1)

    # New rows

    def compare(self, upload: Upload, reading: Reading, *, adds: bool = False) -> Difference:
        """Return what a file would change in an upload, including the changed rows.

        Raises NotAllowed, UnreadableFile, InvalidQuery.
        """
        self._check_owner(upload)
        old = self._rows(upload, upload.version)
        new, plan = fitted(reading, upload.plan)
        check_key(new, plan)
        return difference(old, appended(old, new, plan) if adds else new, plan)

    def renew(self, upload: Upload, reading: Reading, *, adds: bool = False) -> None:
        """Replace the rows of an upload with those of a file, or add the file's rows to them if `adds` is true.

        Raises NotAllowed, UnreadableFile, InvalidQuery, ChangedMeanwhile.
        """
        self._check_owner(upload)
        self._check_room(upload)
        new, plan = fitted(reading, upload.plan)
        if adds:
            new = appended(self._rows(upload, upload.version), new, plan)
        self._put(upload, numbered(new, plan), plan, "appended" if adds else "replaced")

    def restore(self, upload: Upload, number: int) -> None:
        """Restore an earlier version of an upload's rows. Raises NotAllowed, ChangedMeanwhile."""
        self._check_owner(upload)
        if number not in {version.number for version in self.versions(upload)}:
            raise InvalidQuery("This version is no longer available. Choose another.")
        table = self._rows(upload, number)
        types = {column.name: column.type for column in upload.plan.columns}
        table = table.with_columns(
            pl.col(name).cast(pl.Decimal(38, int(kind.rpartition(",")[2].rstrip(")"))))
            for name, kind in types.items()
            if kind.startswith("decimal")
        )
        self._put(upload, table, upload.plan, "restored")

    def _rows(self, upload: Upload, number: int) -> pl.DataFrame:
        return table_of(self.live.upload_tables.read(upload.name, number))

    def _put(self, upload: Upload, table: pl.DataFrame, plan: UploadPlan, how: str) -> None:
        if plan != upload.plan:  # a number has more digits than before; the earlier rows fit too
            self._change_plan(upload, plan, f"Upload: new types in {plan.label}")
            upload = replace(upload, plan=plan, revision=upload.revision + 1)
        rows = parquet_of(table)
        contents = Contents(rows=table.height, last_day=last_day(table, plan), digest=digest_of(rows))
        with self.live.store.write() as transaction:
            number = add_version(transaction, upload, how, contents, self.actor, self.live.keys)
            # During the transaction: no other version can get this number, and its rows exist before it is committed.
            self.live.upload_tables.keep(upload.name, number, rows)
        self._show()
        self._drop_old(upload)

    def _drop_old(self, upload: Upload) -> None:
        old = [version.number for version in self.versions(upload)[KEPT_VERSIONS:]]
        if old:
            with self.live.store.write(recorded=False) as transaction:
                forget_versions(transaction, upload.id, old)
        for number in old:
            self.live.upload_tables.drop(upload.name, number)

    # Sharing, ownership and deletion

    def share(self, upload: Upload, shared: Shared) -> None:
        """Change who can see an upload. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
        self._check_owner(upload)
        self._check_shared(shared)
        self._change_plan(upload, replace(upload.plan, shared=shared), f"Upload: who sees {upload.plan.label}")

    def take_over(self, upload: Upload) -> None:
        """Become the owner of an upload whose owner has left. Raises NotAllowed, ChangedMeanwhile."""
        if not self.may_take_over(upload):
            raise NotAllowed("Only a steward can take over an upload, once its owner has left.")
        with self.live.store.write() as transaction:
            hand_over(transaction, upload, self.actor, upload.plan, self.actor, self.live.keys)
        self._publish_plan(upload.plan, f"Upload: new owner of {upload.plan.label}")

    def used_by(self, upload: Upload) -> tuple[str, ...]:
        """Return the labels of other metrics that this person can see and that are based on the upload's metrics."""
        own = metric_labels(upload.plan)
        seen = self.live.workspace().visible(self.actor)
        others = [metric for metric in seen.metrics if metric.name not in own]
        return tuple(metric.label for metric in others if not own.keys().isdisjoint(metric.inputs))

    def delete(self, upload: Upload) -> None:
        """Permanently delete an upload with its metrics and all its versions.

        Raises NotAllowed, ChangedMeanwhile, and ModelError if one of the model's metrics uses the upload.
        """
        self._check_owner(upload)
        numbers = [version.number for version in self.versions(upload)]
        self._publish(upload.name, None, f"Upload deleted: {upload.plan.label}")
        self.live.take()
        with self.live.store.write() as transaction:
            end_upload(transaction, upload, self.actor, self.live.keys)
        self._show()
        for number in numbers:
            self.live.upload_tables.drop(upload.name, number)

    def _change_plan(self, upload: Upload, plan: UploadPlan, note: str) -> None:
        with self.live.store.write() as transaction:
            change_plan(transaction, upload, plan, self.actor, self.live.keys)
        try:
            self._publish_plan(plan, note)
        except SemanticError:
            with self.live.store.write() as transaction:  # the store has to match the model
                changed = read_upload(transaction.connection, upload.id)
                change_plan(transaction, changed, upload.plan, self.actor, self.live.keys)
            raise

    def _publish_plan(self, plan: UploadPlan, note: str) -> None:
        self._publish(plan.name, model_file(plan, owner=self.actor.id, owner_name=self.actor.short_name), note)
        self.live.take()

    def _publish(self, name: str, text: str | None, note: str) -> None:
        publish_upload(self.live.store, self.live.keys, name, text, actor=self.actor, note=note)

    def _show(self) -> None:
        self.live.show_uploads()

    # Rules

    def _check_may(self) -> None:
        if self.why_not:
            raise NotAllowed(self.why_not)

    def _check_owner(self, upload: Upload) -> None:
        self._check_may()
        if upload.owner_id != self.actor.id:
            raise UnknownUpload

    def _check_room(self, upload: Upload | None = None) -> None:
        with self.live.store.read() as connection:
            mine = [each for each in read_uploads(connection) if each.owner_id == self.actor.id]
        if upload is None and len(mine) >= MOST_UPLOADS:
            raise NotAllowed(f"You have {MOST_UPLOADS} uploads, which is the limit. Delete one you no longer need.")
        if sum(self.live.upload_tables.size_of(each.name) for each in mine) > MOST_KEPT_BYTES:
            most = MOST_KEPT_BYTES // 1024**2
            raise NotAllowed(f"Your uploads take more than {most} MB. Delete one you no longer need.")

    def _check_shared(self, shared: Shared) -> None:
        """Raise InvalidQuery if an upload is shared with anything but people, roles and the owner's own groups."""
        known = set(self.live.people())
        if not set(shared.people) <= known:
            raise InvalidQuery("Share it with people who have an account.")
        if not set(shared.groups) <= set(self.groups):
            raise InvalidQuery("Share it with a group that you belong to.")
        if not set(shared.roles) <= set(ROLES_SHARED):
            raise InvalidQuery("Share it with one of the listed roles.")

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that this person can share an upload with: their own."""
        return tuple(sorted(self.actor.groups))


ROLES_SHARED: Final = ("viewer", "marketer", "steward", "administrator")


def _is_alike(names: Iterable[str], column: str) -> bool:
    """Whether a breakdown is worth comparing with a column, because a word appears in both names."""
    words = {word for name in names for word in name.casefold().replace("_", " ").split()}
    return bool(words & set(column.casefold().split("_")))
