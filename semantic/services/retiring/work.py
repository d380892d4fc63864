"""Retire a metric in favour of another: what uses it, the values of both metrics, and the replacement.

Stewards replace the metric in all shared saved questions and boards in one step. Each item gets a new version, so each
replacement can be undone. Items in people's own spaces aren't shown. Their owners get a notice, because only they can
change them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from time import monotonic
from typing import Final, Literal

from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.named import named_analyses, uses_of_named
from semantic.boards.board import Board, Tile
from semantic.boards.data import board_from_json
from semantic.display.format import writer
from semantic.errors import InvalidBoard, InvalidQuery, NotAllowed, SemanticError
from semantic.explore.repairs import does_compile, drop_broken, use_instead
from semantic.explore.weekly import is_dated
from semantic.governance.domains import may_edit
from semantic.model.definitions import Granularity, Metric
from semantic.model.editing.objects import ObjectKind
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_day
from semantic.query.query import Filter, Last, Period, Query
from semantic.services.outbox.notices import queue_notice
from semantic.services.retiring.analyses import (
    analysis_in,
    restore_saved,
    saved_with,
    switch_saved,
    tile_with_metric,
    uses_metric,
    why_not,
)
from semantic.services.service_process import ServiceProcess
from semantic.store.alerts.alerts import read_alerts
from semantic.store.analyses.analyses import SavedAnalysis, find_analysis, read_private_analyses
from semantic.store.audit.entries import find_subject
from semantic.store.audit.log import Act, record
from semantic.store.boards.boards import BoardHead, list_boards, read_private_boards
from semantic.store.boards.versions import (
    keep_board_draft,
    publish_board,
    read_board_versions,
    restore_board_version,
)
from semantic.store.database import Transaction
from semantic.store.people import subject_of
from semantic.store.questions.questions import (
    SavedQuestion,
    find_question,
    list_questions,
    read_contents,
    read_private_questions,
    restore_version,
    save_version,
)
from semantic.store.questions.versions import Content

Kind = Literal["question", "analysis", "board"]
SECONDS: Final = 20.0
"""How many seconds values are compared. After that, items are listed without values."""
MOST_COMPARED: Final = 60
DEFAULT_PERIOD: Final = Last(13, Granularity.WEEK)
HAS_DRAFT: Final = "Someone is editing this board. Publish or discard the draft first."
SAME_NAME: Final = "A breakdown has the same name as the metric."


@dataclass(frozen=True, slots=True)
class Values:
    """The old and the new metric's values over the same rows and days, as text. "" means no value."""

    old: str
    new: str
    is_same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A shared saved question or analysis, or a shared board with the tiles that use the metric.

    `why_not` is why the metric can't be replaced automatically, or "" if it can. `values` is None if the values weren't
    compared.
    """

    kind: Kind
    id: str
    title: str
    space: str
    owner_name: str = field(repr=False)
    tiles: tuple[str, ...] = ()  # their titles
    version: int
    revision: int
    why_not: str = ""
    values: Values | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retiring:
    """The items that use a metric to be retired.

    `private` is the number of items in other people's own spaces, and `alerts` of alerts on the metric. `losing` is the
    number of people who can see the metric but not its successor. `named` has the model's own analyses that use the
    metric, which only a draft can change.
    """

    items: tuple[Item, ...]
    private: int
    alerts: int
    losing: int
    owners: frozenset[str] = field(repr=False)  # numbers of the people who must change something themselves
    not_compared: int = 0
    named: tuple[NamedAnalysis, ...] = ()

    @property
    def switchable(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not item.why_not)

    @property
    def others(self) -> int:
        """The number of items that people have to change themselves, because the metric can't be replaced here."""
        return len(self.items) - len(self.switchable) + self.private + self.alerts + len(self.named)


@dataclass(frozen=True, slots=True)
class SwitchedItem:
    """An item in which the metric was replaced, with its versions before and after."""

    item: Item
    before: int
    version: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RetireWork:
    """Retiring metrics as `actor`. Raises NotAllowed for people who can't edit the metric."""

    live: ServiceProcess = field(repr=False)
    actor: Actor

    def may_retire(self, metric: str) -> bool:
        """Whether this person can retire a metric. They must be able to see it."""
        model = self.live.workspace().model
        is_known = any(one.name == metric for one in self._seen.metrics)
        return self.actor.viewed_by is None and is_known and may_edit(self.actor, model, (ObjectKind.METRIC, metric))

    @property
    def _seen(self) -> VisibleModel:
        return self.live.workspace().visible(self.actor)

    def metric(self, name: str) -> Metric:
        """Return a metric that this person can retire. Raises NotAllowed."""
        if not self.may_retire(name):
            raise NotAllowed("Only stewards who can edit a metric can retire it.")
        return self._seen.metric(name)

    # What uses the metric

    def retiring(self, name: str, successor: str = "", *, compares: bool = True) -> Retiring:
        """Return everything that uses a metric, and if a successor is given, the values of both metrics."""
        metric = self.metric(name)
        after = self._seen.metric(successor) if successor else None
        losing = self._losing(name, successor) if after is not None else 0
        questions, boards = self._questions(name), self._boards(name)
        items: list[Item] = []
        compared = _Comparing(self, name, successor if compares else "")
        for head, content in questions:
            why = self._why_not([content.query], metric, after, losing)
            values = compared.values(content.query.where, content.query.time)
            items.append(_of_question(head, why, values))
        for head, analysis in saved_with(self.live.store, self.live.keys, self.actor, name, self._seen.model):
            items.append(_of_analysis(head, self._why_not([], metric, after, losing, [analysis])))
        for head, board in boards:
            tiles = [tile for tile in board.tiles if self._tile_uses(tile, name)]
            queries = [tile.question for tile in tiles if tile.question is not None]
            analyses = [analysis for tile in tiles if (analysis := analysis_in(tile.analysis)) is not None]
            why = HAS_DRAFT if head.has_draft else self._why_not(queries, metric, after, losing, analyses)
            period = (queries[0].time if queries else None) or board.start.period
            values = compared.values(queries[0].where, period) if queries else None
            items.append(_of_board(head, tiles, why, values))
        return self._whole(name, items, losing, compared.skipped)

    def _whole(self, name: str, items: Sequence[Item], losing: int, skipped: int) -> Retiring:
        with self.live.store.read() as connection:
            me = find_subject(connection, self.actor.id) or ""
            private = [
                *read_private_questions(connection, name, me),
                *read_private_analyses(connection, name, me),
                *read_private_boards(connection, name, me),
            ]
            sealed = [kept for kept in read_alerts(connection, self.live.keys) if kept.is_sealed]
            alerts = [kept for kept in sealed if name in kept.alert.metrics]
        seen = self._seen
        named = [each for each in named_analyses(seen) if f"metric:{name}" in uses_of_named(each, seen.model)]
        owners = {*private, *(alert.owner for alert in alerts if alert.owner_id)} - {me}
        return Retiring(
            items=tuple(items), private=len(private), alerts=len(alerts), losing=losing, owners=frozenset(owners),
            not_compared=skipped, named=tuple(named),
        )  # fmt: skip

    def _questions(self, name: str) -> Iterator[tuple[SavedQuestion, Content]]:
        with self.live.store.read() as connection:
            heads = [head for head in list_questions(connection, self.actor) if head.space or head.is_mine]
            contents = read_contents(connection, [head.id for head in heads], self.actor)
        for head in heads:
            content = contents.get(head.id)
            if content is not None and _uses(content.query, name, self._seen):
                yield head, content

    def _boards(self, name: str) -> Iterator[tuple[BoardHead, Board]]:
        with self.live.store.read() as connection:
            heads = [head for head in list_boards(connection, self.actor) if head.version and name in head.metrics]
            texts = {
                head.id: read_board_versions(connection, head.id, self.actor, number=head.version)[0].text
                for head in heads
            }
        for head in heads:
            try:
                board = board_from_json(texts[head.id])
            except InvalidBoard:
                continue
            if any(self._tile_uses(tile, name) for tile in board.tiles):
                yield head, board

    def _tile_uses(self, tile: Tile, name: str) -> bool:
        if tile.question is not None:
            return _uses(tile.question, name, self._seen)
        return uses_metric(analysis_in(tile.analysis), name, self._seen.model)

    def _why_not(
        self,
        queries: Sequence[Query],
        metric: Metric,
        after: Metric | None,
        losing: int,
        analyses: Sequence[Analysis] = (),
    ) -> str:
        if after is None:
            return "Choose a successor."
        if metric.name in self.live.workspace().model.dimensions:
            return SAME_NAME
        label = after.label or after.name
        if any(_uses(query, after.name, self._seen) for query in queries):
            return f"It uses {label} already."
        if losing:
            return f"Some people who see {metric.label or metric.name} have no access to {label}."
        workspace = self.live.workspace()
        for query in queries:
            switched = use_instead(query, metric.name, after.name, self._seen).query
            if _loses(query, switched):
                return "Its order or calculations would be lost."
            if not does_compile(switched, self._seen, workspace.dialect, workspace.today()):
                return f"{label} can't be asked this way."
        today, seen = workspace.today(), self._seen
        reasons = (why_not(analysis, metric.name, after.name, label, seen, today) for analysis in analyses)
        return next((reason for reason in reasons if reason), "")

    def _losing(self, name: str, successor: str) -> int:
        """Return how many people can see the old metric but not its successor."""
        workspace, count = self.live.workspace(), 0
        for person in self.live.people().values():
            known = {metric.name for metric in workspace.visible(person).metrics}
            count += name in known and successor not in known
        return count

    # Replacing the metric

    def switch(self, items: Sequence[Item], name: str, successor: str) -> list[SwitchedItem]:
        """Replace a metric by its successor in these items, and return each item's outcome.

        Raises NotAllowed, StoreFailed.
        """
        metric, after = self.metric(name), self._seen.metric(successor)
        now = {item.key: item for item in self.retiring(name, successor, compares=False).switchable}
        note = f"{metric.label or metric.name} replaced by {after.label or after.name}"
        done: list[SwitchedItem] = []
        for item in items:
            known = now.get(item.key)
            if known is None or known.revision != item.revision:
                done.append(SwitchedItem(item, item.version, item.version, "It changed in the meantime."))
                continue
            try:
                with self.live.store.write() as transaction:
                    change = {
                        "question": self._switch_question,
                        "analysis": self._switch_analysis,
                        "board": self._switch_board,
                    }[item.kind]
                    version = change(transaction, known, name, successor, note)
                done.append(SwitchedItem(known, known.version, version))
            except SemanticError as error:
                done.append(SwitchedItem(item, item.version, item.version, str(error)))
        count = sum(not one.problem for one in done)
        if count:
            with self.live.store.write() as transaction:
                self._record(transaction, "switched", name, successor=after.label or after.name, items=count)
        return done

    def undo(self, switched: SwitchedItem, name: str) -> None:
        """Undo a replacement by restoring the item's earlier version, unless the item has changed since.

        Raises ChangedMeanwhile, NotAllowed.
        """
        self.metric(name)
        item = switched.item
        with self.live.store.write() as transaction:
            connection = transaction.connection
            if item.kind == "question":
                head = find_question(connection, item.id, self.actor)
                _check_same(head.version, switched)
                restore_version(
                    transaction, item.id, switched.before, self.actor, self.live.keys, revision=head.revision
                )  # fmt: skip
            elif item.kind == "analysis":
                saved = find_analysis(connection, item.id, self.actor)
                _check_same(saved.version, switched)
                restore_saved(
                    transaction, item.id, self.actor, self.live.keys, self._seen.model, version=switched.before,
                    revision=saved.revision,
                )  # fmt: skip
            else:
                board = next(one for one in list_boards(connection, self.actor) if one.id == item.id)
                _check_same(board.version, switched)
                restore_board_version(
                    transaction, item.id, switched.before, self.actor, self.live.keys, revision=board.revision
                )  # fmt: skip
            self._record(transaction, "switch_undone", name)

    def _switch_question(self, transaction: Transaction, item: Item, old: str, new: str, note: str) -> int:
        content = read_contents(transaction.connection, [item.id], self.actor)[item.id]
        changed = replace(content, query=use_instead(content.query, old, new, self._seen).query)
        return save_version(
            transaction, item.id, changed, self.actor, self.live.keys, revision=item.revision, note=note
        )  # fmt: skip

    def _switch_analysis(self, transaction: Transaction, item: Item, old: str, new: str, note: str) -> int:
        return switch_saved(
            transaction, item.id, self.actor, self.live.keys, self._seen.model, old=old, new=new, note=note,
            revision=item.revision,
        )  # fmt: skip

    def _switch_board(self, transaction: Transaction, item: Item, old: str, new: str, note: str) -> int:
        (version,) = read_board_versions(transaction.connection, item.id, self.actor, number=item.version)
        board = board_from_json(version.text)
        tabs = tuple(
            replace(tab, rows=tuple(
                replace(row, tiles=tuple(self._switched(tile, old, new) for tile in row.tiles)) for row in tab.rows
            ))
            for tab in board.tabs
        )  # fmt: skip
        changed = replace(board, tabs=tabs)
        revision = keep_board_draft(
            transaction, item.id, changed, self.actor, revision=0, based_on=item.version
        )  # fmt: skip
        return publish_board(transaction, item.id, self.actor, self.live.keys, revision=revision, note=note)

    def _switched(self, tile: Tile, old: str, new: str) -> Tile:
        if not self._tile_uses(tile, old):
            return tile
        if tile.question is None:
            return replace(tile, analysis=tile_with_metric(tile, old, new))
        return replace(tile, question=use_instead(tile.question, old, new, self._seen).query)

    # Notifying owners

    def tell(self, name: str, successor: str, since: date | None) -> int:
        """Notify the people who have to replace the metric themselves, and return how many were notified.

        Each person gets at most one notice a day.
        """
        metric = self.metric(name)
        after = self._seen.metric(successor) if successor else None
        owners = self.retiring(name, successor, compares=False).owners
        label = metric.label or metric.name
        use = f"Use {after.label or after.name} instead" if after is not None else "Nothing replaces it"
        details = {"title": label, "why": f"{use}, from {describe_day(since)} on" if since is not None else use}
        about = hashlib.sha256(f"retire {name}".encode()).hexdigest()[:32]
        with self.live.store.write() as transaction:
            slot = transaction.now.replace(hour=0, minute=0, second=0, microsecond=0)
            count = sum(
                queue_notice(transaction, self.live.keys, "retiring", about, slot, owner, details)
                for owner in sorted(owners)
            )
            subject_of(transaction, self.actor.id, self.actor.name)
            self._record(transaction, "retiring", name)
        return count

    def _record(self, transaction: Transaction, verb: str, name: str, **details: str | int) -> None:
        act = Act(kind=f"metric.{verb}", actor=self.actor, about=f"metric:{name}", details=dict(details))
        record(transaction, act, self.live.keys)


class _Comparing:
    """Compares the values of two metrics once for each combination of filter and period, until the time is up."""

    def __init__(self, work: RetireWork, old: str, new: str) -> None:
        self._work, self._old, self._new = work, old, new
        self._until = monotonic() + SECONDS
        self._known: dict[str, Values | None] = {}
        self.skipped = 0

    def values(self, where: Filter | None, period: Period | None) -> Values | None:
        """Return both metrics' values over these rows and days, or None if they can't be compared or the time is up."""
        if not self._new:
            return None
        key = repr((where, period))
        if key not in self._known:
            if monotonic() > self._until or len(self._known) >= MOST_COMPARED:
                self.skipped += 1
                return None
            self._known[key] = self._ask(where, period)
        return self._known[key]

    def _ask(self, where: Filter | None, period: Period | None) -> Values | None:
        live, actor = self._work.live, self._work.actor
        workspace = live.workspace()
        seen = workspace.visible(actor)
        time = period
        if time is None and all(is_dated(seen.metric(name), seen) for name in (self._old, self._new)):
            time = DEFAULT_PERIOD
        try:
            query, _ = workspace.repair(Query(metrics=(self._old, self._new), where=where, time=time), actor)
            result = workspace.start(query, actor).unrecorded()  # a comparison doesn't count as use
        except SemanticError:
            return None
        written: Mapping[str, tuple[object, str]] = {}
        if result.table.num_rows == 1:
            written = {
                column.name: (value, writer(column, [value], short=False)(value))
                for column in result.values
                for value in result.table.column(column.name).to_pylist()
            }
        if self._old not in written or self._new not in written:
            return None
        (old, old_words), (new, new_words) = written[self._old], written[self._new]
        return Values(old_words, new_words, old == new)


def _uses(query: Query, name: str, seen: VisibleModel) -> bool:
    """Whether a question uses a metric anywhere: as a number, or in a filter, an order or a calculation."""
    return use_instead(query, name, f"{name} ", seen).query != drop_broken(query)


def _loses(query: Query, switched: Query) -> bool:
    """Whether a question loses a part when the metric is replaced, such as an order by the metric's change."""
    before, after = (
        (len(one.order), len(one.calc), len(one.having), len(one.totals), one.top is None) for one in (query, switched)
    )
    return before != after


def _check_same(version: int, switched: SwitchedItem) -> None:
    if version != switched.version:
        raise InvalidQuery("It changed since then. Restore an earlier version where it's edited.")


def _of_question(head: SavedQuestion, why_not: str, values: Values | None) -> Item:
    return Item(
        kind="question", id=head.id, title=head.name, space=head.space_name, owner_name=head.owner_name,
        version=head.version, revision=head.revision, why_not=why_not, values=values,
    )  # fmt: skip


def _of_analysis(head: SavedAnalysis, why_not: str) -> Item:
    return Item(
        kind="analysis", id=head.id, title=head.name, space=head.space_name, owner_name=head.owner_name,
        version=head.version, revision=head.revision, why_not=why_not,
    )  # fmt: skip


def _of_board(head: BoardHead, tiles: Sequence[Tile], why_not: str, values: Values | None) -> Item:
    return Item(
        kind="board", id=head.id, title=head.title, space=head.space_name, owner_name=head.owner_name,
        tiles=tuple(tile.title for tile in tiles), version=head.version, revision=head.revision, why_not=why_not,
        values=values,
    )  # fmt: skip
