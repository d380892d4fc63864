"""Find, view and edit boards as one person, within the store's rules and the person's policy.

Lists show a board to its owner, to stewards, and to people who can see at least one of its metrics. Everyone's lists
show boards with only text. Anyone with a board's address sees what their own policy allows, because each tile asks its
question as the viewer.

Only its owner and people who can see every name in a board can read its raw content, to edit, compare or export it.
`open` returns a board for display. `published`, `draft` and `version` return its raw content.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from semantic.boards.analysis_tiles import has_own_period, named_by
from semantic.boards.analysis_tiles import is_open as is_open_analysis
from semantic.boards.applied import LABELS, TileQuestion
from semantic.boards.apply import asked
from semantic.boards.board import PERIOD, Board, BoardState, Tile, TileKind
from semantic.boards.data import LONGEST_TITLE, board_from_json
from semantic.boards.state import repaired_state, state_from_params, state_to_params
from semantic.errors import InvalidBoard, InvalidQuery, NotAllowed, SemanticError, StoreFailed, UnknownBoard
from semantic.explore.repairs import drop_broken
from semantic.explore.shared_link import linked_question, without_masked
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, unnarrowed
from semantic.query.names import read_name
from semantic.query.periods import Calendar, first_day, shift
from semantic.query.personal import names_a_person
from semantic.query.query import Last, Query, ToDate
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.finding.item_search import search_items
from semantic.services.targets.pacing import model_targets
from semantic.services.targets.work import TargetWork
from semantic.store.boards.boards import (
    BoardHead,
    archive_board,
    file_board,
    find_board,
    list_boards,
    make_board,
    move_board,
)
from semantic.store.boards.drafts import read_draft
from semantic.store.boards.favourites import read_favourite_boards, set_favourite_board
from semantic.store.boards.states import keep_state, read_state
from semantic.store.boards.versions import (
    BoardVersion,
    drop_board_draft,
    keep_board_draft,
    publish_board,
    read_board_texts,
    read_board_versions,
    restore_board_version,
)
from semantic.store.boards.viewers import count_viewers
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.workspace import Workspace

PERSONAL: Final = "Boards are shared, so tiles can't be about individual people. Remove the filter on {label}."
HIDDEN: Final = (
    "This board uses something that isn't available to you, so you can't edit it or export it as YAML. Its owner can. "
    "You can copy the parts that are available to you."
)
NOT_PUBLISHED: Final = "This board hasn't been published yet."
MOST_KEPT: Final = 4_000
NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})
MONTH_TO_DATE: Final = ToDate(Granularity.MONTH)


@dataclass(frozen=True, slots=True)
class OpenedBoard:
    """The version of a board that readers see."""

    head: BoardHead
    board: Board


@dataclass(frozen=True, slots=True)
class OpenedDraft:
    """A board's draft. `revision` is 0 as long as no one has edited the draft.

    `is_behind` means that a version was published since the draft was started.
    """

    head: BoardHead
    board: Board
    revision: int
    based_on: int
    author_name: str = ""
    changed_at: datetime | None = None

    @property
    def is_behind(self) -> bool:
        return self.based_on < self.head.version


@dataclass(frozen=True, slots=True)
class BoardProblem:
    """Why a tile or a board can't be published. `tile` is the tile's ID, or "" for the whole board."""

    tile: str
    sentence: str


@dataclass(frozen=True, slots=True)
class BoardWork:
    """The boards of `actor`, checked against the current model. Raises StoreFailed whenever it reads or writes."""

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor

    # Finding and reading

    def boards(self, *, archived: bool = False) -> list[BoardHead]:
        """Return the boards that this person can open, most recently changed first."""
        with self.store.read() as connection:
            boards = list_boards(connection, self.actor, archived=archived)
        known = frozenset(metric.name for metric in self.workspace.visible(self.actor).metrics)
        return [
            board for board in boards if board.may_change or not board.metrics or not known.isdisjoint(board.metrics)
        ]

    def favourites(self) -> frozenset[str]:
        """Return the IDs of this person's favourite boards, including boards they can no longer open."""
        with self.store.read() as connection:
            return read_favourite_boards(connection, self.actor)

    def set_favourite(self, board: str, *, on: bool) -> None:
        """Add a board to this person's favourites, or remove it. Raises UnknownBoard, NotAllowed."""
        with self.store.write(recorded=False) as transaction:
            set_favourite_board(transaction, board, self.actor, on=on)

    def viewers(self) -> Mapping[str, int]:
        """Return how many people besides the owner opened each board in the last 30 days, by board ID.

        Boards that no one opened are omitted.
        """
        with self.store.read() as connection:
            return count_viewers(connection, self.store.now().date())

    def contents(self, boards: Sequence[BoardHead]) -> dict[str, Board]:
        """Return the content of these boards by ID, to draw previews: the published version, or else the draft.

        Boards that can no longer be read are omitted. The content is raw, so show only its layout.
        """
        with self.store.read() as connection:
            texts = read_board_texts(connection, [board.id for board in boards], self.actor)
        contents = dict[str, Board]()
        for board, text in texts.items():
            with suppress(InvalidBoard):
                contents[board] = board_from_json(text)
        return contents

    def open(self, board: str) -> OpenedBoard:
        """Return the published version for display, where each tile asks its question as this person.

        The version can contain names that are hidden from this person. Raises UnknownBoard, and InvalidQuery for a
        board that was never published or can no longer be read.
        """
        with self.store.read() as connection:
            head = find_board(connection, board, self.actor)
            if not head.version:
                raise InvalidQuery(NOT_PUBLISHED)
            (version,) = read_board_versions(connection, board, self.actor, number=head.version)
        return OpenedBoard(head, _read(version.text))

    def published(self, board: str) -> OpenedBoard:
        """Return the raw published version.

        Raises the same errors as `open`, and NotAllowed if the board contains a name that is hidden from this person.
        """
        opened = self.open(board)
        self._check_told(opened.head, opened.board)
        return opened

    def newest(self, board: str) -> int:
        """Return the number of the published version, or 0 if there is none. Raises UnknownBoard."""
        with self.store.read() as connection:
            return find_board(connection, board, self.actor).version

    def versions(self, board: str, *, most: int | None = None) -> Sequence[BoardVersion]:
        """Return a board's versions, newest first, at most `most` if that is given. Raises UnknownBoard."""
        with self.store.read() as connection:
            return read_board_versions(connection, board, self.actor, most=most)

    def version(self, board: str, number: int) -> Board:
        """Return the content of an earlier version.

        Raises UnknownBoard, InvalidQuery, and NotAllowed for the same reason as `published`.
        """
        with self.store.read() as connection:
            head = find_board(connection, board, self.actor)
            (board_version,) = read_board_versions(connection, board, self.actor, number=number)
        content = _read(board_version.text)
        self._check_told(head, content)
        return content

    # What a tile asks

    def asked(self, tile: Tile, state: BoardState) -> TileQuestion:
        """Return this person's question for a tile in a state of its board. It is cached by policy and day."""
        seen, today = self.workspace.visible(self.actor), self.workspace.today()
        laid = replace(state, tab=0)  # the open tab doesn't matter
        key = (id(seen), repr(tile), repr(laid), today)

        def make() -> tuple[object, TileQuestion]:
            question = asked(tile, laid, seen, lambda query: self.workspace.preflight(query, self.actor), today=today)
            return seen, question  # the key's ids stay valid because their objects are referenced

        return _ASKED.get(key, make)[1]

    def opening_state(self, board: Board) -> BoardState:
        """Return the state in which a board opens for this person, without filters that they can't use.

        If neither the board nor a tile sets a period, a board with a monthly target opens with the month to date. A
        period to date has no complete day on its first day, so the board opens with the previous period then.
        """
        start = self._opening_state(board)
        match start.period:
            case ToDate(unit, complete=True):
                seen, today = self.workspace.visible(self.actor).model.settings, self.workspace.today()
                if first_day(today, unit, Calendar(seen.week_start, seen.fiscal_start)) == today:
                    return replace(start, period=Last(1, unit))
                return start
            case _:
                return start

    def _opening_state(self, board: Board) -> BoardState:
        start = repaired_state(board.start, self.workspace.visible(self.actor), is_mine=False)[0]
        asking = [tile for tile in board.tiles if tile.question is not None and PERIOD not in tile.keeps]
        if start.period is not None or any(tile.question is not None and tile.question.time for tile in asking):
            return start
        if any(has_own_period(tile) for tile in board.tiles):
            return start
        metrics = {
            metric for tile in asking if tile.kind is TileKind.NUMBER and tile.question is not None
            for metric in tile.question.metrics
        }  # fmt: skip
        return replace(start, period=MONTH_TO_DATE) if metrics & self._paced_by_month(metrics) else start

    def _paced_by_month(self, metrics: Set[str]) -> set[str]:
        """Return those of `metrics` that have a target for this month and are visible to this person."""
        if not metrics:
            return set()
        seen, today = self.workspace.visible(self.actor), self.workspace.today()
        paced = {target.metric.name for target in model_targets(seen) if target.grain is Granularity.MONTH}
        first = today.replace(day=1)
        month = (first, shift(first, Granularity.MONTH, 1) - timedelta(days=1))
        with suppress(StoreFailed):  # the board opens without the targets that people set
            targets = self.target_work(self.workspace, self.actor).targets()
            paced |= {kept.target.metric for kept in targets if (kept.target.first, kept.target.last) == month}
        return paced

    def target_work(self, workspace: Workspace, actor: Actor) -> TargetWork:
        """Return the service from which a board's tiles read the targets that one person can see."""
        return TargetWork(self.store, self.keys, workspace, actor)

    # This person's last settings

    def last_state(self, board: str, start: BoardState) -> BoardState | None:
        """Return the state in which this person left a board, or None if no state is saved or it can't be read."""
        with self.store.read() as connection:
            text = read_state(connection, board, self.actor)
        if not text:
            return None
        try:
            state = state_from_params(json.loads(text), start)
        except (SemanticError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return None
        if state is None:
            return None
        return repaired_state(state, self.workspace.visible(self.actor), is_mine=True)[0]

    def keep_state(self, board: str, state: BoardState, start: BoardState) -> None:
        """Save a person's state of a board for their next visit, without selections.

        Saves nothing while viewing as someone else.
        """
        if self.actor.only_looks:
            return
        params = state_to_params(replace(state, picked=(), tab=0), start)
        with self.store.write(recorded=False) as transaction:
            keep_state(transaction, board, json.dumps(params) if params else "", self.actor)

    # Editing

    def make(self, board: Board, *, space: str = "") -> str:
        """Create a board with this draft, in a shared space or the person's own, and return its ID.

        Raises NotAllowed, InvalidQuery.
        """
        self.check(board)
        with self.store.write() as transaction:
            return make_board(transaction, board, self.actor, self.keys, space=space)

    def draft(self, board: str) -> OpenedDraft:
        """Return the draft of a board, or the published version if there is none.

        Raises UnknownBoard, also for people who can't change the board, NotAllowed for the same reason as `published`,
        and InvalidQuery if the draft can no longer be read.
        """
        draft = self._draft(board)
        self._check_told(draft.head, draft.board)
        return draft

    def _draft(self, board: str) -> OpenedDraft:
        with self.store.read() as connection:
            head = find_board(connection, board, self.actor)
            if not head.may_change:
                raise UnknownBoard("Only its owner and stewards can change this board. You can make a copy.")
            draft = read_draft(connection, board)
            if draft is None:
                (version,) = read_board_versions(connection, board, self.actor, number=head.version)
                return OpenedDraft(head, _read(version.text), 0, head.version)
        return OpenedDraft(head, _read(draft.text), draft.revision, draft.based_on, draft.author_name, draft.changed_at)

    def keep_draft(
        self, board: str, content: Board, revision: int, based_on: int | None = None, *, onto: int | None = None
    ) -> int:
        """Save changes to a draft, and return its new revision.

        `revision` is the draft's current revision, and `based_on` the version it started from. If `content` includes
        the changes of a newer version, `onto` is that version's number. Raises ChangedMeanwhile if someone else changed
        or published the draft, NotAllowed, InvalidQuery.
        """
        self.check(content)
        with self.store.write(recorded=False) as transaction:
            return keep_board_draft(
                transaction, board, content, self.actor, revision=revision, based_on=based_on, onto=onto
            )

    def drop_draft(self, board: str, revision: int) -> None:
        """Discard the draft and return to the published version. Raises ChangedMeanwhile, NotAllowed, InvalidQuery."""
        with self.store.write() as transaction:
            drop_board_draft(transaction, board, self.actor, self.keys, revision=revision)

    def publish(self, board: str, revision: int, note: str = "") -> int:
        """Publish the draft at this revision, and return the new version's number.

        Raises ChangedMeanwhile, NotAllowed, and InvalidQuery with the first problem that `problems` returns.
        """
        draft = self.draft(board)
        for problem in self.problems(draft.board):
            raise InvalidQuery(problem.sentence)
        with self.store.write() as transaction:
            return publish_board(transaction, board, self.actor, self.keys, revision=revision, note=note)

    def restore(self, board: str, number: int, revision: int) -> int:
        """Publish an earlier version again, and return its new number.

        `revision` is the board's own revision. Raises InvalidQuery if the version is about individuals, because the
        rules for that may have changed since it was published.
        """
        self.check(self.version(board, number))
        with self.store.write() as transaction:
            return restore_board_version(transaction, board, number, self.actor, self.keys, revision=revision)

    def move(self, board: str, space: str, revision: int) -> None:
        """Move a board into a shared space, or back to the owner's own. `revision` is the board's own revision."""
        with self.store.write() as transaction:
            move_board(transaction, board, self.actor, self.keys, space=space, revision=revision)

    def place(self, head: BoardHead, space: str, folder: str) -> None:
        """Move a board to a space and into one of its folders, or out of its folder if `folder` is "".

        Either both moves happen or neither does. Raises ChangedMeanwhile if `head` is outdated, NotAllowed,
        UnknownBoard and InvalidQuery.
        """
        if (space, folder) == (head.space, head.folder):
            return
        with self.store.write() as transaction:
            revision = head.revision
            if space != head.space:
                move_board(transaction, head.id, self.actor, self.keys, space=space, revision=revision)
                revision = find_board(transaction.connection, head.id, self.actor).revision
            if folder != head.folder:
                file_board(transaction, head.id, folder, self.actor, self.keys, revision=revision)

    def archive(self, board: str, revision: int, *, back: bool = False) -> None:
        """Archive a board, or restore it if `back` is true. `revision` is the board's own revision."""
        with self.store.write() as transaction:
            archive_board(transaction, board, self.actor, self.keys, revision=revision, back=back)

    def _check_told(self, head: BoardHead, board: Board) -> None:
        """Raise NotAllowed if another person's board contains names that are hidden from this person."""
        if not head.is_mine and self._hides_some_of(board):
            raise NotAllowed(HIDDEN)

    def _hides_some_of(self, board: Board) -> bool:
        """Whether a board contains a name that exists but is hidden from this person.

        Names that no longer exist are ignored: they reveal nothing, and someone has to fix them.
        """
        model = self.workspace.model
        seen, everything = self.workspace.visible(self.actor), unnarrowed(model)

        def is_hidden(name: str) -> bool:
            dim = read_name(name, model).dim
            return dim in model.dimensions and not seen.places(dim)

        def is_masked(name: str) -> bool:
            return seen.mask(read_name(name, model).dim) is not None

        def is_shut(query: Query) -> bool:
            there = linked_question(query, everything)[0]
            return linked_question(there, seen)[0] != there or without_masked(there, seen) != there

        texts = {name for tile in board.tiles for name in tile.keeps} - LABELS.keys()
        chosen = {choice.dim for choice in board.start.chosen}
        return (
            any(map(is_hidden, {*texts, *chosen, *(condition.dim for condition in board.filters)}))
            or any(map(is_masked, chosen))
            or any(is_shut(tile.question) for tile in board.tiles if tile.question is not None)
            or any(tile.analysis and not is_open_analysis(named_by(tile), seen) for tile in board.tiles)
        )

    def for_copy(self, board: Board, *, is_mine: bool = False) -> Board:
        """Return a board for a copy, without content that is hidden from this person (decision 34).

        A copy shows its tiles' questions. So a tile is dropped if its question contains a hidden name, or filters by
        values that are masked for this person.
        """
        seen = self.workspace.visible(self.actor)

        def is_open(tile: Tile) -> bool:
            asks = tile.question
            if tile.analysis:
                return is_open_analysis(named_by(tile), seen, is_mine=is_mine)
            if asks is None:
                return True
            return linked_question(asks, seen)[0] == drop_broken(asks) and (
                is_mine or without_masked(asks, seen) == asks
            )

        def kept(tile: Tile) -> Tile:
            return replace(tile, keeps=frozenset(name for name in tile.keeps if name in LABELS or seen.places(name)))

        tabs = [
            [replace(row, tiles=tuple(map(kept, filter(is_open, row.tiles)))) for row in tab.rows] for tab in board.tabs
        ]
        return replace(
            board,
            tabs=tuple(
                replace(tab, rows=tuple(row for row in rows if row.tiles))
                for tab, rows in zip(board.tabs, tabs, strict=True)
            ),
            filters=tuple(condition for condition in board.filters if seen.places(condition.dim)),
            start=repaired_state(board.start, seen, is_mine=is_mine)[0],
        )

    # Problems

    def check(self, board: Board) -> None:
        """Raise InvalidQuery if a board contains anything about individuals, which must never be saved."""
        if not 0 < len(board.title) <= LONGEST_TITLE:
            raise InvalidQuery(f"A board needs a title of 1 to {LONGEST_TITLE} characters.")
        for problem in self._personal(board):
            raise InvalidQuery(problem.sentence)

    def problems(self, board: Board) -> list[BoardProblem]:
        """Return the reasons why this person can't publish a board, including tiles whose question they can't ask."""
        problems = [*self._personal(board)]
        if not board.tiles:
            problems.append(BoardProblem("", "Add at least one tile before you publish this board."))
        for tile in board.tiles:
            if tile.question is None and not tile.analysis:
                continue
            laid = self.asked(tile, board.start)
            name = tile.title or tile.id
            if laid.analysis is not None:
                continue
            if laid.query is None:
                problems.append(BoardProblem(tile.id, f"The tile “{name}” uses something that isn't available."))
                continue
            checked = self.workspace.preflight(laid.query, self.actor)
            if checked.error is not None:
                problems.append(BoardProblem(tile.id, f"The tile “{name}” can't be answered: {checked.error}"))
        return problems

    def _personal(self, board: Board) -> Iterator[BoardProblem]:
        """Yield a problem for each filter and tile that is about individuals.

        Individuals must not appear by name on a shared board.
        """
        model = self.workspace.model
        labels = {
            name: group[0].label
            for name, group in model.dimensions.items()
            if any("personal" in dimension.tags for dimension in group)
        }
        for choice in (*board.filters, *board.start.chosen):
            name = read_name(choice.dim, model).dim  # `customer__email` is an email too
            if name in labels:
                yield BoardProblem("", PERSONAL.format(label=labels[name]))
        for tile in board.tiles:
            if names_a_person(tile.question or named_by(tile), model):
                yield BoardProblem(tile.id, PERSONAL.format(label="persons"))


_ASKED: Final = SingleFlightCache[tuple[object, TileQuestion]](MOST_KEPT)
"""The questions computed in this process, by policy, tile, state and day."""


def _read(text: str) -> Board:
    try:
        return board_from_json(text)
    except InvalidBoard as error:
        raise InvalidQuery(f"This board can't be read any more: {error.problems[0]}") from error


def search_boards(heads: Iterable[BoardHead], text: str, words: Mapping[str, str] = NO_WORDS) -> list[BoardHead]:
    """Return the boards that match a search. Every word of `text` must start a word of the board.

    The title, the note, the space, the folder, the owner's name and the tiles' contents are searched. `words` has the
    contents' words by board ID, from `metric_words`. Boards that match by title alone come first.
    """
    return search_items(
        heads, text, lambda board: board.title, lambda board: f"{_all_of(board)} {words.get(board.id, '')}"
    )


def metric_words(heads: Iterable[BoardHead], seen: VisibleModel) -> dict[str, str]:
    """Return the labels and synonyms of each board's metrics, by board ID, for the metrics that this actor can see."""
    known = {metric.name: " ".join((metric.label, *metric.synonyms)) for metric in seen.metrics}
    return {head.id: " ".join(known[name] for name in head.metrics if name in known) for head in heads}


def _all_of(board: BoardHead) -> str:
    owner, _, _ = board.owner_name.partition(", ")  # a job may follow, such as "Jonas Falk, marketer"
    return " ".join((board.note, board.space_name, board.folder, owner))
