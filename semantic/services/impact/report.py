"""A draft's impact as one steward sees it: the affected items, their owners, and their old and new values.

Of items that the steward couldn't open otherwise, only the kind and the number are shown, never a title, an owner or a
value.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from semantic.display.export.to_csv import MARK, harmless
from semantic.display.format import counted, listed
from semantic.display.words.targets import span_words, target_scope_words
from semantic.explore.shared_link import without_masked
from semantic.governance.draft_change import DraftChange, Use, uses_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.periods import Calendar
from semantic.query.query import Between, Query
from semantic.services.alerts.work import AlertWork
from semantic.services.boards import BoardWork
from semantic.services.impact.compare import Effect, Outcome, effect_words
from semantic.services.impact.compared_models import ComparedModels, only_metrics_differ
from semantic.services.impact.items import FoundItem, ItemKind, find_items, limits_of, names_of
from semantic.services.impact.radius import RECENT, change_of
from semantic.services.impact.run import ComparedQuestion, Comparing, in_order, key_of
from semantic.services.outbox.deliveries import DeliveryWork
from semantic.services.process import Live
from semantic.store.alerts.alerts import StoredAlert
from semantic.store.audit.log import Act, Plain, record
from semantic.store.models.versions import Files
from semantic.store.numbers.targets import StoredTarget, list_targets
from semantic.store.outbox.deliveries import Delivery
from semantic.store.people import read_names
from semantic.store.spaces.readers import reader_of
from semantic.store.uses.uses import UsedBoard, UsedQuestion, read_recent_questions, read_recent_uses
from semantic.targets.target import may_see_target
from semantic.workspace import Workspace

MOST_RECENT: Final = 200
"""How many different questions of the last 30 days are listed at most."""

FEW: Final = 5
"""Numbers of people below this are shown as "fewer than" this."""

HEADS: Final = (*("Kind", "Item", "In", "Owner", "Old", "New", "Change", "Which value", "Effect", "Asked in 30 days"),)

KIND_WORDS: Final[Mapping[ItemKind, tuple[str, str]]] = {
    ItemKind.QUESTION: ("saved question", "saved questions"),
    ItemKind.TILE: ("tile", "tiles"),
    ItemKind.TARGET: ("target", "targets"),
    ItemKind.ALERT: ("alert", "alerts"),
    ItemKind.DELIVERY: ("delivery", "deliveries"),
    ItemKind.RECEIPT: ("recent question", "recent questions"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactRow:
    """One line of the table. For hidden items, it has the number of items of one kind, and no title.

    `opens` is the ID of the question, board or alert to which the title links. Values are compared under the steward's
    access. `other_rows` is the owner's name if the owner sees different rows.
    """

    kind: ItemKind
    title: str
    place: str = ""
    owner: str = ""
    opens: str = ""
    query: Query | None = None
    used: int = 0
    count: int = 1
    other_rows: str = ""
    outcome: Outcome

    @property
    def effect(self) -> Effect:
        return self.outcome.effect

    @property
    def words(self) -> str:
        """The effect as text: `Changes from 1 Aug 2026 on`."""
        return effect_words(self.outcome)

    @property
    def details(self) -> str:
        """Which value is shown, or why none is, and whether the owner's own values weren't compared."""
        found = self.outcome.where or self.outcome.why
        return ". ".join(part.rstrip(".") for part in (found, _other_rows(self.other_rows)) if part)


def _other_rows(owner: str) -> str:
    return f"{owner} sees other rows, which aren't compared" if owner else ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """An item that the steward can open, with its texts. The question is set only if the steward can see the values."""

    item: FoundItem
    title: str
    place: str = ""
    owner: str = ""
    opens: str = ""
    key: str = ""
    query: Query | None = None
    used: int = 0
    other_rows: str = ""


@dataclass
class Impact:
    """A draft's impact for one steward. `comparing` is the run that adds old and new values."""

    change: DraftChange
    labels: tuple[str, ...]
    """The labels of the changed metrics that the steward can see."""
    hidden_metrics: int
    owners: int
    counts: Mapping[ItemKind, int]
    boards: int
    hidden: Mapping[ItemKind, int]
    used: frozenset[str]
    """The names of the metrics that something in the store uses."""
    comparing: Comparing
    scope: str
    shown: tuple[_Shown, ...] = field(repr=False)
    not_listed: int = 0
    """How many recent questions aren't listed, because others were asked more often."""

    @property
    def is_empty(self) -> bool:
        """Whether the draft changes no values and removes no one's access."""
        return not (self.change.metrics or self.counts)

    @cached_property
    def metrics(self) -> int:
        return len(self.change.metrics)

    @property
    def sentence(self) -> str:
        """A sentence with the numbers of changed metrics and of items that use them."""
        if self.is_empty:
            return "No values change."
        tiles = {ItemKind.TILE, ItemKind.RECEIPT}
        parts = [counted(self.metrics, "metric")] if self.metrics else []
        kinds = [kind for kind in ItemKind if kind not in tiles and self.counts.get(kind)]
        words = [_counted(self.counts[kind], kind) for kind in kinds]
        if self.boards:
            at = 1 if ItemKind.QUESTION in kinds else 0
            words.insert(at, counted(self.boards, "board"))
        if recent := self.counts.get(ItemKind.RECEIPT, 0):
            words.append(_counted(recent, ItemKind.RECEIPT))
        parts += words
        owned = f", owned by {counted(self.owners, 'person', 'people')}" if self.owners else ""
        unused = "" if words else " Nothing that's saved uses them." if self.metrics > 1 else " Nothing saved uses it."
        return f"Changes {' · '.join(parts)}{owned}.{unused}"

    @property
    def compared(self) -> tuple[int, int]:
        """The number of items compared so far, and the number of all items to compare."""
        keys = [each.key for each in self.shown if each.key]
        return sum(key in self.comparing.outcomes for key in keys), len(keys)

    @property
    def progress(self) -> str:
        """One or two sentences about how many items have been compared, and the findings so far."""
        run = self.comparing
        done, total = self.compared
        if not total:
            return ""
        if not run.is_done:
            return f"Comparing values: {done:,} of {counted(total, 'item')}."
        if done < total:
            why = (
                f"over the {run.budget:.0f} s budget" if run.is_over_budget and run.budget is not None else "cancelled"
            )
            return f"{done:,} of {counted(total, 'item')} compared; {total - done:,} not, {why}."
        if all(outcome.effect is Effect.NONE for outcome in run.outcomes.values()):
            where = " in the rows you can see" if self.scope else ""
            return f"{_all(total)} compared. No values change{where}."
        return f"{_all(total)} compared."

    @property
    def under(self) -> str:
        """One or two sentences about the access used to compare values, and the owners whose values aren't compared."""
        others = sum(bool(each.other_rows) for each in self.shown)
        if not self.compared[1]:
            return ""
        scope = self.scope.removeprefix("Scope: ")
        whose = f": {scope}" if scope else ""
        if not others:
            return f"Values are compared only for the rows you can see: {scope}." if scope else ""
        owners = "The owner of 1 item sees" if others == 1 else f"The owners of {others:,} items see"
        return f"Values are compared under your access{whose}. {owners} other rows, which can change differently."

    def rows(self) -> tuple[ImpactRow, ...]:
        """Return the lines of the table, worst effects and most used items first.

        Hidden items end each kind's lines.
        """
        rows = [self._row(each) for each in self.shown]
        if self.not_listed:
            rows.append(
                ImpactRow(
                    kind=ItemKind.RECEIPT, title=f"{self.not_listed:,} more, asked less often", count=self.not_listed,
                    outcome=Outcome(
                        effect=Effect.WAITING, why=f"Only the {MOST_RECENT} most asked are listed and compared."
                    ),
                )
            )  # fmt: skip
        rows += [
            ImpactRow(kind=kind, title="", count=count, outcome=Outcome(effect=Effect.HIDDEN))
            for kind, count in self.hidden.items()
        ]
        order = list(Effect)
        kinds = list(ItemKind)
        return tuple(
            sorted(
                rows,
                key=lambda row: (order.index(row.effect), -row.used, kinds.index(row.kind), row.title.casefold()),
            )
        )

    def _row(self, each: _Shown) -> ImpactRow:
        return ImpactRow(
            kind=each.item.kind, title=each.title, place=each.place, owner=each.owner, opens=each.opens,
            query=each.query, used=each.used, other_rows=each.other_rows, outcome=self._outcome(each),
        )  # fmt: skip

    def _outcome(self, each: _Shown) -> Outcome:
        item = each.item
        if item.kind is ItemKind.DELIVERY and not each.key:
            return self._of_board(item)
        found = self.comparing.outcome(each.key) if each.key else None
        if found is None and item.breaks:
            return Outcome(effect=Effect.BREAKS, why=self._gone(item))
        if found is not None and found.effect is Effect.BREAKS and item.breaks:
            return replace(found, why=self._gone(item))
        if item.lost and (found is None or found.effect in (Effect.NONE, Effect.WAITING)):
            return Outcome(effect=Effect.LOST)
        if found is None:
            return Outcome(effect=Effect.WAITING if each.key else Effect.HIDDEN)
        if item.is_narrower and found.effect is Effect.NONE:
            return Outcome(effect=Effect.HIDDEN, why="Its owner will see different rows.")
        return found

    def _of_board(self, item: FoundItem) -> Outcome:
        """Return the outcome for a delivery of a board: the worst outcome of the board's tiles."""
        board = item.about.id if item.about is not None else ""
        tiles = [
            self._outcome(each) for each in self.shown
            if each.item.kind is ItemKind.TILE and each.item.board is not None and each.item.board.id == board
        ]  # fmt: skip
        if not tiles:
            return Outcome(effect=Effect.HIDDEN)
        worst = min(tiles, key=lambda outcome: list(Effect).index(outcome.effect))
        moved = sum(outcome.effect not in (Effect.NONE, Effect.WAITING, Effect.UNKNOWN) for outcome in tiles)
        return Outcome(effect=worst.effect, first=worst.first, where=f"{moved:,} of {counted(len(tiles), 'tile')}")

    def _gone(self, item: FoundItem) -> str:
        names = [use.partition(":")[2] for use, how in item.uses.items() if how == "removed"]
        labels = {metric.name: metric.label or metric.name for metric in self.change.before.metrics.values()}
        return f"{listed(labels.get(name, name) for name in names)} {'is' if len(names) == 1 else 'are'} removed."


def impact_of(live: Live, actor: Actor, base_files: Files, files: Files) -> Impact:
    """Return the items that a draft affects. Their values aren't compared yet.

    To compare the values, call `begin` on `comparing`. Raises NotAllowed, ModelError, StoreFailed.
    """
    change = change_of(actor, base_files, files)
    workspace = live.workspace()
    seen = workspace.visible(actor)
    items, not_listed = find_items(live, change) if _matters(change) else [], 0
    if _matters(change):
        recent, not_listed = _recent_items(live, change)
        items += recent
    with live.store.read() as connection:
        me = reader_of(connection, actor).subject or ""
        ids = {subject: id_ for subject, (id_, _) in read_names(connection, {item.owner for item in items}).items()}
        uses = read_recent_uses(connection, live.store.now() - RECENT) if items else []
        targets = [kept.target for kept in list_targets(connection)] if items else []
    used = Counter[frozenset[Use]]()
    for use in uses:
        used[frozenset(name for name in use.definitions if name != "settings")] += use.count
    sight = _Sight(live, workspace, actor, seen, change, me, used, ids)
    shown = tuple(sight.with_owner(found) for item in items if (found := sight.of(item)) is not None)
    hidden = Counter(item.kind for item in items)
    hidden.subtract(each.item.kind for each in shown)
    sealed = sum(use.is_sealed and bool(change.affected(use.definitions)) for use in uses)
    if sealed:
        hidden[ItemKind.RECEIPT] += sealed
    counts = Counter(item.kind for item in items)
    counts.update({ItemKind.RECEIPT: sealed + not_listed})
    visible = [name for name in change.sources_first if f"metric:{name}" in sight.names]
    drafted = workspace.with_draft(change.after)
    is_of_metrics = workspace.model.version == change.before.version and only_metrics_differ(base_files, files)
    comparing = Comparing(
        running=workspace, drafted=drafted, actor=actor, wanted=in_order(_wanted(shown)),
        changed=[name for name in visible if name in change.after.metrics], targets=targets,
        together=ComparedModels(seen, drafted.visible(actor)) if is_of_metrics else None,
    )  # fmt: skip
    return Impact(
        change=change, labels=tuple(change.before.metrics[name].label or name for name in visible),
        hidden_metrics=len(change.metrics) - len(visible),
        owners=len({item.owner for item in items if item.kind is not ItemKind.RECEIPT and item.owner_name}),
        counts={kind: count for kind, count in counts.items() if count},
        boards=len({item.board.id for item in items if item.board is not None}),
        used=frozenset(use.removeprefix("metric:") for item in items for use in item.uses if use.startswith("metric:")),
        hidden={kind: count for kind, count in hidden.items() if count > 0}, comparing=comparing, scope=seen.scope,
        shown=shown, not_listed=not_listed,
    )  # fmt: skip


def note_compared(live: Live, actor: Actor, impact: Impact) -> None:
    """Record in the audit log that a steward compared a draft's numbers with the published ones. Raises StoreFailed."""
    with live.store.write() as transaction:
        details: dict[str, Plain] = {"metrics": [*impact.change.metrics[:50]]}
        record(transaction, Act(kind="draft.compared", actor=actor, about="draft", details=details), live.keys)


def impact_csv(rows: Iterable[ImpactRow]) -> bytes:
    """Return the table as a CSV file in which no text can run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["Kind", "Item", "In", "Owner", "Old", "New", "Change", "Which value", "Effect", "Asked in 30 days"]
    )
    for row in rows:
        kind = KIND_WORDS[row.kind][0].capitalize()
        outcome = row.outcome
        cells = [kind, row.title or f"{row.count:,} not shown to you", row.place, row.owner, outcome.old, outcome.new]
        cells += [outcome.change, row.details, row.words, str(row.used)]
        writer.writerow([harmless(cell) for cell in cells])
    return (MARK + out.getvalue()).encode()


def _matters(change: DraftChange) -> bool:
    """Whether the draft can affect any item. Most edits of wording can't."""
    return change.changes_policies or change.changes_uses


def _wanted(shown: Iterable[_Shown]) -> Iterator[ComparedQuestion]:
    for each in shown:
        if each.key and each.query is not None:
            alert = each.item.thing if isinstance(each.item.thing, StoredAlert) else None
            yield ComparedQuestion(key=each.key, query=each.query, used=each.used, breaks=each.item.breaks, alert=alert)


def _recent_items(live: Live, change: DraftChange) -> tuple[list[FoundItem], int]:
    """Return unsaved questions of the last 30 days, most frequent first, and the number of those left out."""
    with live.store.read() as connection:
        recent = read_recent_questions(connection, live.store.now() - RECENT)
    items, more = dict[str, FoundItem](), set[str]()
    for one in recent:
        uses = change.affected(uses_of(one.query, (), change.before))
        if not uses or (key := key_of(one.query)) in items:
            continue
        if len(items) >= MOST_RECENT:
            more.add(key)
        else:
            people = f"Fewer than {FEW} people" if one.people < FEW else counted(one.people, "person", "people")
            items[key] = FoundItem(
                kind=ItemKind.RECEIPT, id=key, owner="", owner_name=people, thing=None, query=one.query, uses=uses
            )
    return [*items.values()], len(more)


@dataclass(frozen=True)
class _Sight:
    """Checks what one steward can open and ask."""

    live: Live
    workspace: Workspace
    actor: Actor
    seen: VisibleModel
    change: DraftChange
    me: str
    used: Mapping[frozenset[Use], int]
    ids: Mapping[str, str]
    """The IDs of the owners, by subject."""

    @cached_property
    def _people(self) -> Mapping[str, Actor]:
        return self.live.people()

    def with_owner(self, shown: _Shown) -> _Shown:
        """Return an item, marked if its owner sees different rows than the steward.

        The page Access shows stewards the same. A domain's steward with a lower role can't open it, so the mark is
        omitted for them.
        """
        if not self.actor.is_at_least("steward"):
            return shown
        owner = self._people.get(self.ids.get(shown.item.owner, "")) if shown.item.owner != self.me else None
        if owner is None or not shown.key:
            return shown
        query = shown.query or shown.item.query
        uses = uses_of(query, (), self.change.before)
        is_same = limits_of(self.seen, uses) == limits_of(self.workspace.visible(owner), uses)
        return shown if is_same else replace(shown, other_rows=shown.owner)

    @cached_property
    def names(self) -> frozenset[Use]:
        return names_of(self.seen)

    @cached_property
    def alerts(self) -> AlertWork:
        return AlertWork(self.live.store, self.live.keys, self.workspace, self.actor)

    @cached_property
    def my_deliveries(self) -> frozenset[str]:
        work = DeliveryWork(self.live, self.actor)
        return frozenset(each.delivery.id for each in (*work.mine(), *work.for_me()))

    def of(self, item: FoundItem) -> _Shown | None:
        """Return an item as this steward sees it, or None if they can't open it."""
        match item.thing:
            case UsedQuestion() as question:
                return self._question(item, question)
            case StoredTarget() as kept:
                return self._target(item, kept)
            case StoredAlert() as kept:
                return self._alert(item, kept)
            case Delivery() as delivery:
                return self._delivery(item, delivery)
            case _:
                return self._tile(item) if item.board is not None else self._recent(item)

    def _question(self, item: FoundItem, question: UsedQuestion) -> _Shown | None:
        is_mine = question.owner == self.me
        if not (question.is_shared or is_mine):
            return None
        query = self._askable(question.query, is_mine=is_mine)
        return _Shown(
            item, question.name, question.space_name if question.is_shared else "Only you", _owner(item, is_mine),
            question.id, *_asked(query), self._used(question.query),
        )  # fmt: skip

    def _tile(self, item: FoundItem) -> _Shown | None:
        board = item.board
        assert board is not None
        is_mine = board.owner == self.me
        if not (board.is_shared or is_mine):
            return None
        tile = item.thing
        query: Query | None = None
        title = "A tile that can't be read"
        if board.board is not None and tile is not None and not isinstance(tile, UsedQuestion | StoredTarget):
            assert not isinstance(tile, StoredAlert | Delivery)
            own = self._askable(tile.question, is_mine=is_mine)
            work = BoardWork(self.live.store, self.live.keys, self.workspace, self.actor)
            if own is not None:
                query = work.asked(tile, work.opening_state(board.board)).query
            title = tile.title or self._title(query or own) or "A tile"
        return _Shown(
            item, title, board.title, _owner(item, is_mine), board.id if board.is_published else "", *_asked(query),
            self._used(item.query),
        )  # fmt: skip

    def _target(self, item: FoundItem, kept: StoredTarget) -> _Shown | None:
        target = kept.target
        if not may_see_target(target, self.seen):
            return None
        metric = self.seen.metric(target.metric)
        settings = self.seen.model.settings
        span = span_words(target.first, target.last, Calendar(settings.week_start, settings.fiscal_start))
        about = f", {target_scope_words(target.dim, target.member, self.seen)}" if target.dim else ""
        assert item.query is not None
        query = replace(item.query, time=Between(target.first, target.last))
        title = f"{metric.label or metric.name}, {span}{about}"
        return _Shown(item, title, "", _owner(item, kept.author == self.me), "", *_asked(query))

    def _alert(self, item: FoundItem, kept: StoredAlert) -> _Shown | None:
        is_mine = self.alerts.is_mine(kept)
        if not (is_mine or self.alerts.is_told(kept)) or not self._names_all(kept):
            return None
        query = self._askable(item.query, is_mine=is_mine)
        key = f"alert:{kept.id}" if query is not None else ""
        return _Shown(item, self.alerts.words(kept.alert), "", _owner(item, is_mine), kept.id, key, query)

    def _names_all(self, kept: StoredAlert) -> bool:
        return all(f"metric:{name}" in self.names for name in kept.alert.metrics)

    def _delivery(self, item: FoundItem, delivery: Delivery) -> _Shown | None:
        if delivery.id not in self.my_deliveries:
            return None
        is_mine = delivery.owner == self.me
        sends = item.about
        can_open = sends is not None and (sends.is_shared or sends.owner == self.me)
        query = self._askable(item.query, is_mine=is_mine) if can_open and delivery.what == "question" else None
        place = (sends.title if isinstance(sends, UsedBoard) else sends.name) if can_open and sends is not None else ""
        return _Shown(item, delivery.title, place, _owner(item, is_mine), "", *_asked(query))

    def _recent(self, item: FoundItem) -> _Shown | None:
        query = self._askable(item.query, is_mine=False)
        title = self._title(query)
        if query is None or not title:
            return None
        return _Shown(item, title, "", item.owner_name, "", *_asked(query), self._used(query))

    def _askable(self, query: Query | None, *, is_mine: bool) -> Query | None:
        """Return a question if this steward can see every name and filter value in it, or None."""
        if query is None or not uses_of(query, (), self.change.before) <= self.names:
            return None
        if not is_mine and without_masked(query, self.seen) != query:
            return None
        return query

    def _title(self, query: Query | None) -> str:
        return self.workspace.preflight(query, self.actor).title if query is not None else ""

    def _used(self, query: Query | None) -> int:
        return self.used.get(uses_of(query, (), self.change.before), 0) if query is not None else 0


def _asked(query: Query | None) -> tuple[str, Query | None]:
    return (key_of(query), query) if query is not None else ("", None)


def _owner(item: FoundItem, is_mine: bool) -> str:
    name, _, _ = item.owner_name.partition(", ")  # a job may follow, such as "Jonas Falk, marketer"
    return "You" if is_mine else name or "No owner"


def _counted(count: int, kind: ItemKind) -> str:
    return counted(count, *KIND_WORDS[kind])


def _all(total: int) -> str:
    return "1 item" if total == 1 else f"All {total:,} items"
