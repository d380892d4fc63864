"""Find the items that a draft of the model affects.

An item is affected if a definition that it uses has another digest or no longer exists. The search covers everyone's
items, including private ones. `semantic.services.impact.report` decides what one steward can see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from semantic.alerts.alert import Alert
from semantic.boards.board import Tile
from semantic.governance.draft_change import DraftChange, How, Use, uses_of
from semantic.policy.access import access_to
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.query import Condition, Operator, Query
from semantic.services.process import Live
from semantic.store.alerts.alerts import StoredAlert, read_alerts
from semantic.store.numbers.targets import StoredTarget, list_targets
from semantic.store.outbox.deliveries import Delivery, read_deliveries
from semantic.store.people import read_names
from semantic.store.uses.uses import UsedBoard, UsedQuestion, read_used_boards, read_used_questions


class ItemKind(StrEnum):
    """The kinds of items that a draft can affect, in the order of the summary."""

    QUESTION = "question"
    TILE = "tile"
    TARGET = "target"
    ALERT = "alert"
    DELIVERY = "delivery"
    RECEIPT = "receipt"


Thing = UsedQuestion | Tile | StoredTarget | StoredAlert | Delivery | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """One affected item, regardless of who can see it.

    `uses` are the definitions in the item that change or disappear. `lost` has the metrics and breakdowns that the
    item's owner can no longer see because the draft changes policies. `is_narrower` means that the owner sees different
    rows. `board` is a tile's board, and `about` is the question or board that a delivery sends.
    """

    kind: ItemKind
    id: str
    owner: str  # a subject; "" for no one
    owner_name: str
    thing: Thing
    query: Query | None = None
    board: UsedBoard | None = None
    about: UsedQuestion | UsedBoard | None = None
    uses: Mapping[Use, How]
    lost: tuple[Use, ...] = ()
    is_narrower: bool = False

    @property
    def breaks(self) -> bool:
        """Whether the item uses a definition that the draft removes."""
        return "removed" in self.uses.values()


def find_items(live: Live, change: DraftChange) -> list[FoundItem]:
    """Return every item in the store that the draft affects. Each tile counts as one item. Raises StoreFailed."""
    with live.store.read() as connection:
        questions = read_used_questions(connection, live.keys)
        boards = read_used_boards(connection)
        targets = list_targets(connection)
        alerts = [kept for kept in read_alerts(connection, live.keys) if kept.is_sealed]
        deliveries = [each for each in read_deliveries(connection, live.keys) if each.is_sealed]
        owners = {one.owner for one in (*questions, *boards, *alerts, *deliveries)}
        ids = {subject: person for subject, (person, _) in read_names(connection, owners).items()}
    access = _Access(live, change, ids)
    found = [*_questions(questions, change, access), *_tiles(boards, change, access)]
    found += [*_targets(targets, change), *_alerts(alerts, change, access)]
    found += _deliveries(deliveries, found, {one.id: one for one in (*questions, *boards)})
    return found


def _questions(questions: list[UsedQuestion], change: DraftChange, access: _Access) -> Iterator[FoundItem]:
    for one in questions:
        all_uses = uses_of(one.query, one.metrics, change.before)
        uses, lost, narrower = change.affected(all_uses), *access.lost(one.owner, all_uses)
        if uses or lost or narrower:
            yield FoundItem(
                kind=ItemKind.QUESTION, id=one.id, owner=one.owner, owner_name=one.owner_name, thing=one,
                query=one.query, uses=uses, lost=lost, is_narrower=narrower,
            )  # fmt: skip


def _tiles(boards: list[UsedBoard], change: DraftChange, access: _Access) -> Iterator[FoundItem]:
    for board in boards:
        if board.board is None:  # unreadable, but its metrics are known
            uses = change.affected(f"metric:{name}" for name in board.metrics)
            if uses:
                yield FoundItem(
                    kind=ItemKind.TILE, id=board.id, owner=board.owner, owner_name=board.owner_name, thing=None,
                    board=board, uses=uses,
                )  # fmt: skip
            continue
        opening = frozenset(f"dimension:{chosen.dim}" for chosen in board.board.start.chosen)
        for tile in board.board.tiles:
            if tile.question is None:
                continue
            shared = {use for use in opening if use.removeprefix("dimension:") not in tile.keeps}
            all_uses = uses_of(tile.question, tile.question.metrics, change.before) | shared
            uses, lost, narrower = change.affected(all_uses), *access.lost(board.owner, all_uses)
            if uses or lost or narrower:
                yield FoundItem(
                    kind=ItemKind.TILE, id=f"{board.id}/{tile.id}", owner=board.owner, owner_name=board.owner_name,
                    thing=tile, query=tile.question, board=board, uses=uses, lost=lost, is_narrower=narrower,
                )  # fmt: skip


def _targets(targets: list[StoredTarget], change: DraftChange) -> Iterator[FoundItem]:
    for kept in targets:
        target = kept.target
        uses = change.affected([f"metric:{target.metric}", *([f"dimension:{target.dim}"] if target.dim else [])])
        if uses:
            where = Condition(target.dim, Operator.IN, (target.member,)) if target.dim else None
            yield FoundItem(
                kind=ItemKind.TARGET, id=kept.id, owner=kept.author, owner_name=kept.author_name, thing=kept,
                query=Query(metrics=(target.metric,), where=where), uses=uses,
            )  # fmt: skip


def _alerts(alerts: list[StoredAlert], change: DraftChange, access: _Access) -> Iterator[FoundItem]:
    for kept in alerts:
        query = alert_question(kept.alert)
        all_uses = uses_of(query, query.metrics, change.before)
        uses, lost, narrower = change.affected(all_uses), *access.lost(kept.owner, all_uses)
        if uses or lost or narrower:
            yield FoundItem(
                kind=ItemKind.ALERT, id=kept.id, owner=kept.owner, owner_name=kept.owner_name, thing=kept, query=query,
                uses=uses, lost=lost, is_narrower=narrower,
            )  # fmt: skip


def _deliveries(
    deliveries: list[Delivery], found: list[FoundItem], sent: Mapping[str, UsedQuestion | UsedBoard]
) -> list[FoundItem]:
    """Return the deliveries of affected items, without digests, whose metrics depend on the reader."""
    by_about: dict[str, list[FoundItem]] = {}
    for item in found:
        match item.kind:
            case ItemKind.QUESTION:
                by_about.setdefault(item.id, []).append(item)
            case ItemKind.TILE if item.board is not None:
                by_about.setdefault(item.board.id, []).append(item)
            case _:
                pass
    items: list[FoundItem] = []
    for each in deliveries:
        parts = by_about.get(each.about, []) if each.what != "digest" else []
        if parts:
            uses: dict[Use, How] = {use: how for part in parts for use, how in part.uses.items()}
            items.append(
                FoundItem(
                    kind=ItemKind.DELIVERY,
                    id=each.id,
                    owner=each.owner,
                    owner_name=each.owner_name,
                    thing=each,
                    query=parts[0].query if each.what == "question" else None,
                    about=sent.get(each.about),
                    uses=uses,
                    lost=tuple(dict.fromkeys(use for part in parts for use in part.lost)),
                    is_narrower=any(part.is_narrower for part in parts),
                )
            )
    return items


def alert_question(alert: Alert) -> Query:
    """Return a question with the metrics and filters of an alert."""
    return alert.names


class _Access:
    """The access that owners of items lose if the draft changes policies."""

    def __init__(self, live: Live, change: DraftChange, ids: Mapping[str, str]) -> None:
        self._change = change
        self._people = live.people() if change.changes_policies else {}
        self._ids = ids
        self._seen: dict[str, tuple[VisibleModel, VisibleModel]] = {}

    def lost(self, owner: str, uses: frozenset[Use]) -> tuple[tuple[Use, ...], bool]:
        """Return which uses the owner can no longer see, or else whether the limits on their rows change."""
        person = self._people.get(self._ids.get(owner, ""))
        if person is None:
            return (), False
        before, after = self._both(person)
        old, new = names_of(before), names_of(after)
        lost = tuple(sorted(use for use in uses if use in old and use not in new and self._change.how(use) is None))
        return lost, not lost and limits_of(before, uses) != limits_of(after, uses)

    def _both(self, person: Actor) -> tuple[VisibleModel, VisibleModel]:
        if person.id not in self._seen:
            self._seen[person.id] = narrow(self._change.before, person), narrow(self._change.after, person)
        return self._seen[person.id]


def names_of(seen: VisibleModel) -> frozenset[Use]:
    """Return every name that an actor's questions can use, in the form of `Use`."""
    return frozenset(
        [
            *(f"metric:{metric.name}" for metric in seen.metrics),
            *(f"dimension:{dimension.name}" for dimension in seen.dimensions),
            *(f"segment:{segment.name}" for segment in seen.segments),
            *(f"calendar:{period.name}" for period in seen.periods),
        ]
    )


def limits_of(seen: VisibleModel, uses: frozenset[Use]) -> str:
    """Return, as text, the limits on an actor's numbers in a question that uses these metrics and dimensions."""
    metrics = [name for kind, _, name in (use.partition(":") for use in sorted(uses)) if kind == "metric"]
    dimensions = [name for kind, _, name in (use.partition(":") for use in sorted(uses)) if kind == "dimension"]
    return access_to(metrics, dimensions, seen)
