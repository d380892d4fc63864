"""Boards in the store: who finds, reads and edits which board, versions, conflicts and personal settings."""

import json
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.boards.data import board_from_json
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, SemanticError, UnknownBoard, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.store.audit.log import AUDIT
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
    drop_board_draft,
    keep_board_draft,
    publish_board,
    read_board_texts,
    read_board_versions,
    restore_board_version,
)
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.spaces.spaces import MINE, make_space
from semantic.store.upkeep.erasure import erase

LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
CLAIRE = Actor(id="claire", name="Claire Moreau", roles=frozenset({"marketer"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
WATCHED = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}), viewed_by="otto")


def board(title: str = "Paid media", *metrics: str) -> Board:
    tiles = [
        Tile(id=metric, kind=TileKind.NUMBER, question=Query(metrics=(metric,))) for metric in metrics or ("spend",)
    ]
    return Board(title=title, tabs=(Tab(rows=(Row(tiles=tuple(tiles)),)),))


@pytest.fixture
def paid(store: Store, keys: Keys) -> str:
    """The id of a shared space."""
    with store.write() as transaction:
        return make_space(transaction, "Team Paid", JONAS, keys).id


def _make(store: Store, keys: Keys, actor: Actor, *, space: str = MINE, publish: bool = True) -> BoardHead:
    with store.write() as transaction:
        text = make_board(transaction, board(), actor, keys, space=space)
        if publish:
            publish_board(transaction, text, actor, keys, revision=1)
    return _find(store, text, actor)


def _find(store: Store, text: str, actor: Actor) -> BoardHead:
    with store.read() as connection:
        return find_board(connection, text, actor)


def _listed(store: Store, actor: Actor, *, archived: bool = False) -> list[str]:
    with store.read() as connection:
        return [board.id for board in list_boards(connection, actor, archived=archived)]


def _acts(store: Store) -> list[tuple[str, dict[str, object]]]:
    with store.read() as connection:
        rows = connection.execute(select(AUDIT.c.kind, AUDIT.c.said).order_by(AUDIT.c.number))
        return [(row.kind, json.loads(row.said)) for row in rows if row.kind.startswith("board.")]


def test_a_private_board_is_visible_only_to_its_owner(store: Store, keys: Keys) -> None:
    mine = _make(store, keys, JONAS)
    assert (mine.is_mine, mine.may_change, mine.version, mine.tiles, mine.metrics) == (True, True, 1, 1, ("spend",))
    for other in (LENA, CLAIRE, ANA, OTTO, WATCHED):
        assert _listed(store, other) == []
        with pytest.raises(UnknownBoard, match="don't have access to it"):
            _find(store, mine.id, other)
        with store.read() as connection, pytest.raises(UnknownBoard):
            read_board_versions(connection, mine.id, other)
        with pytest.raises(SemanticError), store.write(recorded=False) as transaction:
            keep_board_draft(transaction, mine.id, board(), other, revision=0)


def test_a_shared_board_is_read_by_everyone_and_changed_by_its_owner_and_stewards(
    store: Store, keys: Keys, paid: str
) -> None:
    shared = _make(store, keys, JONAS, space=paid)
    for reader in (LENA, CLAIRE, ANA, OTTO):
        head = _find(store, shared.id, reader)
        assert (head.space_name, head.owner_name, head.is_mine) == ("Team Paid", "Jonas Falk", False)
        assert head.may_change == (reader in (ANA, OTTO))
    with pytest.raises(NotAllowed, match="owner and stewards"), store.write(recorded=False) as transaction:
        keep_board_draft(transaction, shared.id, board(), CLAIRE, revision=0)
    with pytest.raises(NotAllowed), store.write() as transaction:
        restore_board_version(transaction, shared.id, 1, LENA, keys, revision=shared.revision)
    assert not _find(store, shared.id, WATCHED).may_change


def test_an_unpublished_board_is_visible_only_to_its_editors(store: Store, keys: Keys, paid: str) -> None:
    head = _make(store, keys, JONAS, space=paid, publish=False)
    assert head.has_draft
    assert _find(store, head.id, ANA).version == 0
    assert _listed(store, CLAIRE) == []
    with pytest.raises(UnknownBoard):
        _find(store, head.id, CLAIRE)


def test_readers_see_the_published_version_while_a_draft_is_edited(store: Store, keys: Keys, paid: str) -> None:
    head = _make(store, keys, JONAS, space=paid)
    with store.write(recorded=False) as transaction:
        first = keep_board_draft(transaction, head.id, board("Paid", "clicks"), JONAS, revision=0)
        last = keep_board_draft(transaction, head.id, board("Paid", "spend", "clicks"), ANA, revision=first)
    found_head = _find(store, head.id, LENA)
    assert (found_head.title, found_head.metrics, found_head.has_draft) == ("Paid media", ("spend",), False)
    assert _find(store, head.id, ANA).has_draft
    with store.write() as transaction:
        assert publish_board(transaction, head.id, ANA, keys, revision=last, note="More  clicks\n") == 2
    found_head = _find(store, head.id, LENA)
    assert (found_head.title, found_head.metrics, found_head.version, found_head.tiles) == (
        "Paid",
        ("spend", "clicks"),
        2,
        2,
    )
    with store.read() as connection:
        second, first = read_board_versions(connection, head.id, LENA)
        assert read_draft(connection, head.id) is None
    assert (second.note, second.author_name, board_from_json(first.text)) == ("More clicks", "Ana Ribeiro", board())
    assert [kind for kind, _ in _acts(store)] == ["board.made", "board.published", "board.published"]
    assert _acts(store)[-1][1]["digest"] == second.digest


def test_two_concurrent_editors_see_the_conflict_and_lose_nothing(store: Store, keys: Keys, paid: str) -> None:
    head = _make(store, keys, JONAS, space=paid)
    with store.write(recorded=False) as transaction:
        keep_board_draft(transaction, head.id, board("Mine"), JONAS, revision=0)
    for revision in (0, 7):
        with pytest.raises(ChangedMeanwhile, match="still on this page"), store.write(recorded=False) as transaction:
            keep_board_draft(transaction, head.id, board("Hers"), ANA, revision=revision)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        publish_board(transaction, head.id, ANA, keys, revision=9)
    with store.read() as connection:
        draft = read_draft(connection, head.id)
    assert draft is not None
    assert (board_from_json(draft.text).title, draft.author_name) == ("Mine", "Jonas Falk")


@pytest.mark.parametrize("ends", ["published", "thrown away"])
def test_an_ended_draft_is_not_confused_with_the_next(ends: str, store: Store, keys: Keys, paid: str) -> None:
    """A page that is still open refers to a draft that no longer exists, and must not overwrite the next one."""
    head = _make(store, keys, JONAS, space=paid)
    with store.write() as transaction:
        begun = keep_board_draft(transaction, head.id, board("Open in a window"), ANA, revision=0)
        gone = keep_board_draft(transaction, head.id, board("Open in a window"), ANA, revision=begun)
        if ends == "published":
            publish_board(transaction, head.id, JONAS, keys, revision=gone)
        else:
            drop_board_draft(transaction, head.id, JONAS, keys, revision=gone)
    with store.write(recorded=False) as transaction:
        revision = keep_board_draft(transaction, head.id, board("The next"), JONAS, revision=0)
        for _ in range(3):
            revision = keep_board_draft(transaction, head.id, board("The next"), JONAS, revision=revision)
            assert revision not in (begun, gone)
    for stale in (0, begun, gone):
        with pytest.raises(ChangedMeanwhile), store.write(recorded=False) as transaction:
            keep_board_draft(transaction, head.id, board("Overwritten"), ANA, revision=stale)
    with store.read() as connection:
        draft = read_draft(connection, head.id)
    assert draft is not None
    assert board_from_json(draft.text).title == "The next"


def test_no_draft_starts_from_an_outdated_version(store: Store, keys: Keys, paid: str) -> None:
    head = _make(store, keys, JONAS, space=paid)
    with store.write() as transaction:
        draft = keep_board_draft(transaction, head.id, board("Second"), ANA, revision=0, based_on=1)
        publish_board(transaction, head.id, ANA, keys, revision=draft)
    with pytest.raises(ChangedMeanwhile), store.write(recorded=False) as transaction:
        keep_board_draft(transaction, head.id, board("Made of the first"), JONAS, revision=0, based_on=1)
    with store.write(recorded=False) as transaction:
        keep_board_draft(transaction, head.id, board("Made of the second"), JONAS, revision=0, based_on=2)


def test_of_many_simultaneous_publishers_one_succeeds(store: Store, keys: Keys, paid: str) -> None:
    head = _make(store, keys, JONAS, space=paid)
    with store.write(recorded=False) as transaction:
        draft = keep_board_draft(transaction, head.id, board("Next"), JONAS, revision=0)
    done: list[int] = []
    exceptions: list[Exception] = []

    def publish() -> None:
        try:
            with store.write() as transaction:
                done.append(publish_board(transaction, head.id, JONAS, keys, revision=draft))
        except ChangedMeanwhile as error:
            exceptions.append(error)

    threads = [threading.Thread(target=publish) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done, len(exceptions)) == ([2], 5)


def test_an_earlier_version_is_restored_as_the_next_one(store: Store, keys: Keys) -> None:
    new_head = _make(store, keys, JONAS)
    with store.write() as transaction:
        draft = keep_board_draft(transaction, new_head.id, board("Second", "clicks"), JONAS, revision=0)
        publish_board(transaction, new_head.id, JONAS, keys, revision=draft)
    head = _find(store, new_head.id, JONAS)
    with store.write() as transaction:
        assert restore_board_version(transaction, new_head.id, 1, JONAS, keys, revision=head.revision) == 3
    found_head = _find(store, new_head.id, JONAS)
    assert (found_head.title, found_head.version, found_head.metrics) == ("Paid media", 3, ("spend",))
    with store.read() as connection:
        texts = [board_version.text for board_version in read_board_versions(connection, new_head.id, JONAS)]
        assert texts[0] == texts[2] != texts[1]
        assert [
            board_version.number for board_version in read_board_versions(connection, new_head.id, JONAS, most=2)
        ] == [3, 2]
        with pytest.raises(UnknownBoard, match="no version 9"):
            read_board_versions(connection, new_head.id, JONAS, number=9)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        restore_board_version(transaction, new_head.id, 1, JONAS, keys, revision=head.revision)


def test_a_draft_is_discarded_only_if_a_version_remains(store: Store, keys: Keys) -> None:
    fresh = _make(store, keys, JONAS, publish=False)
    with pytest.raises(InvalidQuery, match="only its draft"), store.write() as transaction:
        drop_board_draft(transaction, fresh.id, JONAS, keys, revision=1)
    head = _make(store, keys, JONAS)
    with store.write() as transaction:
        draft = keep_board_draft(transaction, head.id, board("Next"), JONAS, revision=0)
        drop_board_draft(transaction, head.id, JONAS, keys, revision=draft)
    assert not _find(store, head.id, JONAS).has_draft


def test_only_people_who_can_share_create_a_board_in_a_shared_space(store: Store, keys: Keys, paid: str) -> None:
    with pytest.raises(NotAllowed, match="marketers and above"):
        _make(store, keys, LENA, space=paid)
    with pytest.raises(UnknownQuestion):
        _make(store, keys, JONAS, space="no-such-space")
    assert _listed(store, ANA) == []


def test_boards_can_be_moved_and_archived(store: Store, keys: Keys, paid: str) -> None:
    head = _make(store, keys, LENA)
    with pytest.raises(NotAllowed, match="marketers and above"), store.write() as transaction:
        move_board(transaction, head.id, LENA, keys, space=paid, revision=head.revision)
    mine = _make(store, keys, JONAS)
    with store.write() as transaction:
        move_board(transaction, mine.id, JONAS, keys, space=paid, revision=mine.revision)
    shared = _find(store, mine.id, ANA)
    with pytest.raises(NotAllowed, match="Only the owner"), store.write() as transaction:
        move_board(transaction, mine.id, ANA, keys, space=MINE, revision=shared.revision)
    with store.write() as transaction:
        archive_board(transaction, mine.id, ANA, keys, revision=shared.revision)
    assert _listed(store, JONAS) == []
    assert _listed(store, JONAS, archived=True) == [mine.id]
    assert _find(store, mine.id, CLAIRE).is_archived
    with store.write() as transaction:
        archive_board(transaction, mine.id, ANA, keys, revision=shared.revision + 1, back=True)
    assert _listed(store, CLAIRE) == [mine.id]


def test_nothing_is_saved_while_viewing_as_someone_else(store: Store, keys: Keys) -> None:
    with pytest.raises(NotAllowed), store.write() as transaction:
        make_board(transaction, board(), WATCHED, keys, space=MINE)
    nobody = Actor(id="nobody", name="Nobody")
    with pytest.raises(NotAllowed), store.write() as transaction:
        make_board(transaction, board(), nobody, keys, space=MINE)


@pytest.mark.parametrize("text", ["One\x0btwo", "One\rtwo", "\ud800", "\0", "a" * 10_001])
def test_nothing_unreadable_is_saved(text: str, store: Store, keys: Keys) -> None:
    """Text pasted from slides contains such characters, and a draft with one could no longer be opened."""
    head = _make(store, keys, JONAS, publish=False)
    tile = Tile(id="said", kind=TileKind.TEXT, text=text)
    wanted = Board(title="Paid media", tabs=(Tab(rows=(Row(tiles=(tile,)),)),))
    with pytest.raises(InvalidQuery, match="characters"), store.write(recorded=False) as transaction:
        keep_board_draft(transaction, head.id, wanted, JONAS, revision=1)
    with pytest.raises(InvalidQuery, match="characters"), store.write() as transaction:
        make_board(transaction, wanted, JONAS, keys, space=MINE)
    with store.read() as connection:
        draft = read_draft(connection, head.id)
    assert draft is not None
    assert board_from_json(draft.text) == board()


def test_an_empty_board_is_not_published(store: Store, keys: Keys) -> None:
    with store.write() as transaction:
        board = make_board(transaction, Board(title="Empty"), JONAS, keys, space=MINE)
    with pytest.raises(InvalidQuery, match="at least one tile"), store.write() as transaction:
        publish_board(transaction, board, JONAS, keys, revision=1)
    with store.read() as connection:
        assert read_draft(connection, board) is not None


def test_last_settings_belong_to_a_person_and_are_erased_with_them(store: Store, keys: Keys, paid: str) -> None:
    head = _make(store, keys, JONAS, space=paid)
    with store.write(recorded=False) as transaction:
        keep_state(transaction, head.id, '{"g": ["month"]}', LENA)
        keep_state(transaction, head.id, '{"g": ["week"]}', LENA)
        keep_state(transaction, head.id, '{"g": ["day"]}', JONAS)
    with store.read() as connection:
        assert read_state(connection, head.id, LENA) == '{"g": ["week"]}'
        assert read_state(connection, head.id, CLAIRE) == ""
        assert read_state(connection, head.id, WATCHED) == ""
    with store.write(recorded=False) as transaction:
        keep_state(transaction, head.id, "", JONAS)
        with pytest.raises(NotAllowed):
            keep_state(transaction, head.id, "{}", WATCHED)
        with pytest.raises(InvalidQuery):
            keep_state(transaction, head.id, "x" * 20_001, LENA)
    erase(store, "lena", OTTO, keys)
    with store.read() as connection:
        assert read_state(connection, head.id, LENA) == ""
        assert read_state(connection, head.id, JONAS) == ""


@pytest.mark.parametrize("name", ["", "x" * 500, "'; DROP TABLE boards; --", "\ud800", "ß\x00"])
def test_an_arbitrary_id_finds_no_board(store: Store, name: str) -> None:
    with pytest.raises(UnknownBoard):
        _find(store, name, OTTO)


# In lists


def test_a_board_is_put_into_a_folder_by_those_who_can_change_it(store: Store, keys: Keys, paid: str) -> None:
    shared = _make(store, keys, JONAS, space=paid)
    with store.write() as transaction:
        file_board(transaction, shared.id, "  Weekly\n review ", ANA, keys, revision=shared.revision)
    head = _find(store, shared.id, LENA)
    assert (head.folder, head.revision) == ("Weekly review", shared.revision + 1)
    with pytest.raises(NotAllowed), store.write() as transaction:
        file_board(transaction, shared.id, "Mine", CLAIRE, keys, revision=head.revision)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        file_board(transaction, shared.id, "Late", JONAS, keys, revision=shared.revision)
    with pytest.raises(InvalidQuery, match="at most 60 characters"), store.write() as transaction:
        file_board(transaction, shared.id, "x" * 61, JONAS, keys, revision=head.revision)
    with store.write() as transaction:
        file_board(transaction, shared.id, "", JONAS, keys, revision=head.revision)
    assert _find(store, shared.id, LENA).folder == ""
    assert [kind for kind, _ in _acts(store)][-2:] == ["board.filed", "board.filed"]


def test_lists_show_the_note_that_readers_see(store: Store, keys: Keys, paid: str) -> None:
    noted = replace(board(), note="For Mondays")
    with store.write() as transaction:
        made = make_board(transaction, noted, JONAS, keys, space=paid)
    assert _find(store, made, JONAS).note == "For Mondays"
    with store.write() as transaction:
        publish_board(transaction, made, JONAS, keys, revision=1)
    with store.write(recorded=False) as transaction:
        head = _find(store, made, JONAS)
        keep_board_draft(transaction, made, replace(noted, note="For Tuesdays"), JONAS, revision=0)
    assert _find(store, made, LENA).note == "For Mondays"
    assert head.version == 1


def test_favourite_boards_are_personal_and_give_no_access(store: Store, keys: Keys, paid: str) -> None:
    shared, private = _make(store, keys, JONAS, space=paid), _make(store, keys, JONAS)
    with store.write(recorded=False) as transaction:
        set_favourite_board(transaction, shared.id, LENA, on=True)
        with pytest.raises(UnknownBoard):
            set_favourite_board(transaction, private.id, LENA, on=True)
        with pytest.raises(NotAllowed):
            set_favourite_board(transaction, shared.id, WATCHED, on=True)
    with store.read() as connection:
        assert read_favourite_boards(connection, LENA) == {shared.id}
        assert read_favourite_boards(connection, JONAS) == frozenset()
    erase(store, "lena", OTTO, keys)
    with store.read() as connection:
        assert read_favourite_boards(connection, LENA) == frozenset()


def test_lists_draw_published_content_and_drafts_only_for_those_who_can_change_them(
    store: Store, keys: Keys, paid: str
) -> None:
    published = _make(store, keys, JONAS, space=paid).id
    draft, private = _make(store, keys, JONAS, space=paid, publish=False).id, _make(store, keys, JONAS).id
    every = [published, draft, private, "0" * 32]
    for actor, seen in ((JONAS, {published, draft, private}), (ANA, {published, draft}), (LENA, {published})):
        with store.read() as connection:
            texts = read_board_texts(connection, every, actor)
        assert texts.keys() == seen, actor.id
        assert {board_from_json(text).title for text in texts.values()} == {"Paid media"}
    with store.write(recorded=False) as transaction:
        keep_board_draft(transaction, published, board("Later"), JONAS, revision=0)
    with store.read() as connection:
        assert board_from_json(read_board_texts(connection, every, JONAS)[published]).title == "Paid media"
