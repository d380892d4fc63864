"""Comments under each reader's policy: who can read, count, find and write them, and who can be mentioned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import select

from semantic.annotations.comments import About, about_question
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Condition, Operator, Query
from semantic.services.boards import BoardWork
from semantic.services.comments.places import Place
from semantic.services.comments.work import CommentWork
from semantic.services.saved_questions import SavedWork
from semantic.store.audit.log import AUDIT
from semantic.store.comments.comments import COMMENTS, GONE, LONGEST, MOST_A_DAY
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.outbox.sends import SENDS
from semantic.store.people import erase_person, read_stored_people
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE, make_space
from tests.copies import copy_shop, empty_store
from tests.hostile.strings import sample
from tests.shop import ShopWorkspace, open_shop

SPRING = Between(date(2026, 3, 1), date(2026, 5, 31))
MONEY = Query(metrics=("revenue", "order_count"), time=SPRING)
BY_HOME = replace(MONEY, by=(Breakdown("home"),))
IN_DE = replace(MONEY, where=Condition("home", Operator.IN, ("DE",)))
COST = Query(metrics=("cost",), time=SPRING)
TILES = {"money": MONEY, "homes": BY_HOME, "germany": IN_DE, "cost": COST}
WHOLE = about_question(MONEY, MONEY.metrics)
OF_DE = replace(about_question(BY_HOME, MONEY.metrics), mark=(("home", "DE"),), metric="revenue")
EVERYONE = ("steward", "dora", "vera", "zeno", "finn", "rita", "both", "nick", "mia", "noa", "guest", "stranger")
SEE_ALL = {"steward", "mia", "noa"}  # `whole_shop` in the shop's policies


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    workspace = open_shop(copy_shop(tmp_path_factory.mktemp("comments") / "shop.duckdb"))
    yield workspace
    workspace.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = empty_store(str(tmp_path / "store.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    return keys_of("a secret of tests, long enough to sign with")


class _World:
    """One store, and a shared board with four tiles."""

    def __init__(self, store: Store, keys: Keys, shop: ShopWorkspace) -> None:
        self.store, self.keys, self.shop = store, keys, shop
        self.people = dict(shop.people)
        tiles = [Tile(id=name, kind=TileKind.TABLE, title=name, question=query) for name, query in TILES.items()]
        self.board = self.publish(Board(title="Shop", tabs=(Tab(rows=(Row(tiles=tuple(tiles)),)),), start=BoardState()))

    def publish(self, board: Board, *, shared: bool = True) -> str:
        steward = self.shop.people["steward"]
        work = BoardWork(self.store, self.keys, self.shop, steward)
        space = MINE
        if shared:
            with self.store.write() as transaction:
                space = make_space(transaction, f"Team {board.title}", steward, self.keys).id
        made = work.make(board, space=space)
        work.publish(made, 1, "First")
        return made

    def __call__(self, who: str | Actor) -> CommentWork:
        actor = self.shop.people[who] if isinstance(who, str) else who
        return CommentWork(self.store, self.keys, self.shop, actor, lambda: self.people)

    def place(self, tile: str) -> Place:
        return Place("board", self.board, tile)

    def texts(self, who: str, tile: str) -> list[str]:
        """Return the texts that someone reads on a tile, with each thread's replies after its first comment."""
        threads = self(who).threads(self.place(tile))
        return [comment.text for thread in threads for comment in (thread.first, *thread.replies)]

    def readers(self, tile: str, text: str) -> set[str]:
        return {name for name in EVERYONE if text in self.texts(name, tile)}

    def sends(self) -> list[tuple[str, str]]:
        """Return the queued mails, each as the comment and the name of the recipient."""
        names = {person: actor.short_name for person, actor in self.people.items()}
        with self.store.read() as connection:
            ids = {person.subject: person.id for person in read_stored_people(connection)}
            rows = connection.execute(select(SENDS.c.about, SENDS.c.recipient, SENDS.c.kind)).all()
        assert {row.kind for row in rows} <= {"comment"}
        return sorted((row.about, names[ids[row.recipient]]) for row in rows)


@pytest.fixture
def world(store: Store, keys: Keys, shop: ShopWorkspace) -> _World:
    return _World(store, keys, shop)


# Who reads a comment


def test_only_people_who_see_at_least_the_authors_rows_read_a_comment(world: _World) -> None:
    world("steward").write(world.place("money"), "Of everything", WHOLE)
    assert world.readers("money", "Of everything") == SEE_ALL
    world("dora").write(world.place("money"), "Of Germany", WHOLE)
    # Vera sees Germany too, but rules alone don't show that she sees all that Dora sees.
    assert world.readers("money", "Of Germany") == SEE_ALL | {"dora"}


def test_someone_else_with_the_same_access_reads_it(world: _World, shop: ShopWorkspace) -> None:
    world("dora").write(world.place("money"), "Of Germany", WHOLE)
    twin = replace(shop.people["dora"], id="dirk", name="Dirk")
    assert [thread.first.text for thread in world(twin).threads(world.place("money"))] == ["Of Germany"]
    other = replace(twin, id="nora", attributes={"countries": ("NO",)})
    assert world(other).threads(world.place("money")) == []


def test_an_author_can_open_it_to_everyone_who_sees_the_number(world: _World) -> None:
    world("steward").write(world.place("money"), "For all", WHOLE, is_wide=True)
    can_see = {name for name in EVERYONE if world.shop.visible(world.shop.people[name]).shows_metric(
        world.shop.model.metrics["revenue"])}  # fmt: skip
    assert {"dora", "finn", "vera"} <= can_see
    assert not {"guest", "stranger"} & can_see
    assert world.readers("money", "For all") == can_see


def test_a_comment_for_everyone_reveals_no_filter_that_only_its_author_sees(world: _World) -> None:
    about = replace(WHOLE, settings={"t": ("last_2_month",), "f": ("home:in:FR",), "x": ("homes/home:in:FR",)})
    world("steward").write(world.place("money"), "For all", about, is_wide=True)

    def settings(who: str) -> set[str]:
        (thread,) = world(who).threads(world.place("money"))
        return set(thread.first.about.settings)

    assert settings("steward") == settings("mia") == {"t", "f", "x"}
    assert settings("dora") == {"t"}


def test_a_comment_on_a_mark_is_for_people_who_see_every_row_of_it(world: _World) -> None:
    world("steward").write(world.place("homes"), "Germany is up", OF_DE, is_wide=True)
    # Vera's rule has Germany in it, Finn's is about channels: he may see only some of Germany's orders.
    assert world.readers("homes", "Germany is up") == SEE_ALL | {"dora", "vera"}


def test_only_rows_of_the_answer_count_and_not_those_outside_its_filters(world: _World) -> None:
    about = about_question(IN_DE, IN_DE.metrics)
    world("steward").write(world.place("germany"), "In Germany", about)
    assert world.readers("germany", "In Germany") == SEE_ALL | {"dora", "vera"}


def test_a_hidden_metric_hides_the_comment_from_its_author_too(world: _World, shop: ShopWorkspace) -> None:
    world("mia").write(world.place("cost"), "Too dear", about_question(COST, COST.metrics))
    # Dora and Both see all ads (`by_customer`); the cost is hidden from Noa.
    assert world.readers("cost", "Too dear") == {"steward", "mia", "dora", "both"}
    barred = replace(shop.people["mia"], groups=frozenset({"without_personal"}))
    assert world(barred).threads(world.place("cost")) == []


def test_readers_of_a_comment_always_see_the_number(world: _World, shop: ShopWorkspace) -> None:
    """For every author, question, mark and choice, each reader gets an answer with at least the author's orders.

    If the author chose everyone who sees the number, each reader gets some answer.
    """
    abouts = {
        "money": (MONEY, about_question(MONEY, MONEY.metrics)),
        "homes": (BY_HOME, about_question(BY_HOME, BY_HOME.metrics)),
        "germany": (IN_DE, about_question(IN_DE, IN_DE.metrics)),
    }

    def orders(who: str, query: Query) -> int:
        result = shop.ask(query, shop.people[who])
        return sum(number or 0 for number in result.table.column("order_count").to_pylist())

    tried = 0
    for author, (tile, (query, about)), is_wide in product(EVERYONE, abouts.items(), (False, True)):
        text = f"{author} {tile} {is_wide}"
        try:
            world(author).write(world.place(tile), text, about, is_wide=is_wide)
        except NotAllowed:
            continue
        for reader in world.readers(tile, text):
            tried += 1
            mine = orders(reader, query)  # raises for someone who doesn't see the metric
            assert is_wide or reader == author or mine >= orders(author, query)
    assert tried > 100


def test_a_private_board_has_no_readers_except_its_owner(world: _World) -> None:
    tile = Tile(id="money", kind=TileKind.TABLE, question=MONEY)
    mine = world.publish(Board(title="Mine", tabs=(Tab(rows=(Row(tiles=(tile,)),)),)), shared=False)
    place = Place("board", mine, "money")
    comment = world("steward").write(place, "Mine", WHOLE, is_wide=True)
    for name in set(EVERYONE) - {"steward"}:
        assert world(name).threads(place) == []
        with pytest.raises(NotAllowed, match=GONE):
            world(name).find(comment)
    assert world("steward").offered(place, WHOLE, is_wide=True) == {}


def test_a_saved_question_has_comments_for_those_who_can_open_it(world: _World, keys: Keys) -> None:
    steward = world.shop.people["steward"]
    with world.store.write() as transaction:
        space = make_space(transaction, "Questions", steward, keys).id
    with world.store.write() as transaction:
        saved = save_question(transaction, Content(query=COST), steward, keys, name="Spend", sentence="", space=space)
    place = Place("question", saved)
    world("steward").write(place, "Why so much?", about_question(COST, COST.metrics))
    assert [thread.first.text for thread in world("mia").threads(place)] == ["Why so much?"]
    assert world("noa").threads(place) == []  # cost is hidden from her, and so is the question
    assert SavedWork(world.store, keys, world.shop, world.shop.people["mia"]).open(saved).head.name == "Spend"


# Hidden comments and people change nothing


def test_hidden_comments_change_nothing_for_others(world: _World) -> None:
    """Two worlds that differ only in what Dora can't read are the same to her."""
    place = world.place("money")

    def seen_by_dora() -> object:
        work = world("dora")
        return (
            work.counts("board", world.board),
            work.threads(place),
            work.mentions_of_me(5),
            work.offered(place, WHOLE),
        )

    world("dora").write(place, "Mine", WHOLE)
    before = seen_by_dora()
    hidden = world("steward").write(place, "Secret @Dora", WHOLE)
    world("steward").write(place, "A reply", WHOLE, parent=hidden)
    thread = world("steward").threads(place)[0]
    world("steward").resolve(thread, on=True)
    assert seen_by_dora() == before
    for comment in (hidden, "0" * 32, "nothing", "\ud800", ""):
        with pytest.raises(NotAllowed, match=GONE):
            world("dora").find(comment)
        with pytest.raises(NotAllowed, match=GONE):
            world("dora").write(place, "To it", WHOLE, parent=comment or "x")


def test_counts_cover_only_open_threads_that_a_person_can_read(world: _World) -> None:
    first = world("steward").write(world.place("money"), "One", WHOLE, is_wide=True)
    world("dora").write(world.place("money"), "Two", WHOLE, parent=first, is_wide=True)
    world("steward").write(world.place("money"), "Hidden", WHOLE)
    assert world("dora").counts("board", world.board) == {"money": 2}
    assert world("steward").counts("board", world.board) == {"money": 3}
    (thread,) = world("dora").threads(world.place("money"))
    world("dora").resolve(thread, on=True)
    assert world("dora").counts("board", world.board) == {}
    assert world("steward").counts("board", world.board) == {"money": 1}


def test_a_reply_has_its_own_readers(world: _World) -> None:
    place = world.place("money")
    first = world("dora").write(place, "What happened?", WHOLE)
    world("steward").write(place, "Revenue is 12 in all", WHOLE, parent=first)
    world("steward").write(place, "A strike", WHOLE, parent=first, is_wide=True)
    assert world.texts("dora", "money") == ["What happened?", "A strike"]
    assert world.texts("mia", "money") == ["What happened?", "Revenue is 12 in all", "A strike"]
    assert world.texts("vera", "money") == []  # she can't read the thread, however wide the reply is


# Mentions


def test_only_people_who_could_read_it_are_offered(world: _World) -> None:
    place = world.place("money")
    assert set(world("steward").offered(place, WHOLE)) == SEE_ALL - {"steward"}
    assert "dora" in world("steward").offered(place, WHOLE, is_wide=True)
    assert not {"guest", "stranger"} & world("steward").offered(place, WHOLE, is_wide=True).keys()
    world.people.pop("mia")  # deactivated
    assert set(world("steward").offered(place, WHOLE)) == {"noa"}
    assert list(world("steward").offered(place, WHOLE).values()) == ["Noa"]


def test_viewers_are_offered_only_names_they_see_here(world: _World) -> None:
    place = world.place("money")
    assert set(world("noa").offered(place, WHOLE)) == {"steward"}  # the board's owner
    first = world("mia").write(place, "Hello", WHOLE)
    assert set(world("noa").offered(place, WHOLE)) == {"steward", "mia"}
    assert set(world("noa").offered(place, WHOLE, parent=first)) == {"steward", "mia"}


def test_a_mention_is_queued_once(world: _World) -> None:
    place = world.place("money")
    comment = world("steward").write(place, "Look, @Mia and @noa: mail a@mia.example", WHOLE, mentions=["mia"])
    assert world.sends() == [(comment, "Mia"), (comment, "Noa")]
    (thread,) = world("steward").threads(place)
    assert thread.first.text == "Look, @Mia and @Noa: mail a@mia.example"
    world("steward").edit(thread.first, "Look, @Mia")
    (thread,) = world("steward").threads(place)
    world("steward").edit(thread.first, "Look, @Mia and @Noa")
    assert world.sends() == [(comment, "Mia"), (comment, "Noa")]


def test_naming_someone_who_cannot_read_a_comment_is_only_text(world: _World) -> None:
    comment = world("steward").write(world.place("money"), "@Dora @Stranger @Nobody", WHOLE)
    assert world.sends() == []
    assert world("steward").find(comment).first.text == "@Dora @Stranger @Nobody"
    for person in ("dora", "stranger", "nobody at all"):
        with pytest.raises(NotAllowed, match="only people who can read"):
            world("steward").write(world.place("money"), "Hello", WHOLE, mentions=[person])


def test_a_persons_mentions_are_those_readable_in_open_threads(world: _World) -> None:
    place = world.place("money")
    world("steward").write(place, "@Mia first", WHOLE)
    second = world("steward").write(place, "@Mia second", WHOLE)
    assert [found.comment.text for found in world("mia").mentions_of_me(5)] == ["@Mia second", "@Mia first"]
    assert [found.comment.text for found in world("mia").mentions_of_me(1)] == ["@Mia second"]
    world("mia").resolve(world("mia").find(second), on=True)
    assert [found.comment.text for found in world("mia").mentions_of_me(5)] == ["@Mia first"]
    assert world("noa").mentions_of_me(5) == []


def test_erasing_a_person_removes_their_name_from_texts(world: _World, keys: Keys) -> None:
    place = world.place("money")
    world("mia").write(place, "Dear @Steward, thanks", WHOLE)
    with world.store.write(recorded=False) as transaction:
        erase_person(transaction, "steward", keys)
    (thread,) = world("noa").threads(place)
    assert thread.first.text == "Dear @someone who left, thanks"
    with world.store.write(recorded=False) as transaction:
        erase_person(transaction, "mia", keys)
    (thread,) = world("noa").threads(place)
    assert thread.first.kept.author_name == ""
    with world.store.read() as connection:
        assert all("Steward" not in row.text for row in connection.execute(select(COMMENTS.c.text)))


# Changing and removing


def test_a_removed_comment_loses_its_text_but_keeps_its_position(world: _World) -> None:
    place = world.place("money")
    first = world("mia").write(place, "Wrong @Steward", WHOLE)
    reply = world("noa").write(place, "Yes", WHOLE, parent=first)
    world("mia").remove(world("mia").find(first).first)
    thread = world("noa").find(reply)
    assert (thread.first.text, thread.first.kept.removed, thread.first.kept.mentions) == ("", "author", {})
    assert world("noa").counts("board", world.board) == {"money": 1}
    world("steward").remove(thread.replies[0])
    assert world("noa").threads(place) == []
    with world.store.read() as connection:
        assert {row.text for row in connection.execute(select(COMMENTS.c.text))} == {""}


def test_only_authors_edit_and_only_they_and_stewards_remove(world: _World) -> None:
    place = world.place("money")
    comment = world("mia").write(place, "Hello", WHOLE)
    theirs = world("noa").find(comment).first
    assert not theirs.may_edit
    assert not theirs.may_remove
    with pytest.raises(NotAllowed):
        world("noa").edit(theirs, "Goodbye")
    with pytest.raises(NotAllowed):
        world("noa").remove(theirs)
    assert not world("steward").find(comment).first.may_edit
    mine = world("mia").find(comment).first
    world("mia").edit(mine, "Goodbye")
    assert world.texts("noa", "money") == ["Goodbye"]
    assert world("mia").find(comment).first.kept.edited_at is not None
    with pytest.raises(ChangedMeanwhile):
        world("mia").edit(mine, "Too late")


def test_viewing_as_someone_reads_but_never_writes(world: _World, shop: ShopWorkspace) -> None:
    place = world.place("money")
    comment = world("mia").write(place, "Hello", WHOLE)
    viewing = world(replace(shop.people["mia"], viewed_by="steward"))
    thread = viewing.find(comment)
    assert not thread.first.kept.is_mine
    assert not viewing.may_write
    for act in (
        lambda: viewing.write(place, "No", WHOLE),
        lambda: viewing.edit(thread.first, "No"),
        lambda: viewing.remove(thread.first),
        lambda: viewing.resolve(thread, on=True),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_an_archived_board_is_read_only(world: _World, shop: ShopWorkspace) -> None:
    place = world.place("money")
    world("mia").write(place, "Hello", WHOLE)
    boards = BoardWork(world.store, world.keys, shop, shop.people["steward"])
    boards.archive(world.board, boards.open(world.board).head.revision)
    assert world.texts("noa", "money") == ["Hello"]
    with pytest.raises(NotAllowed, match="archived"):
        world("noa").write(place, "Too late", WHOLE)


def test_no_comment_is_written_about_something_missing(world: _World) -> None:
    for place in (world.place("gone"), Place("board", "0" * 32, "money"), Place("question", "0" * 32)):
        with pytest.raises(NotAllowed):
            world("steward").write(place, "Hello", WHOLE)
    with pytest.raises(NotAllowed):
        world("noa").write(world.place("money"), "Hello", about_question(COST, COST.metrics))
    with pytest.raises(NotAllowed):
        world("steward").write(world.place("money"), "Hello", About(metrics=()))


def test_a_comment_is_never_about_one_person(world: _World) -> None:
    about = replace(WHOLE, dims=("email",), mark=(("email", "x@shop.example"),))
    with pytest.raises(InvalidQuery, match="one person"):
        world("steward").write(world.place("money"), "Hello", about)


def test_limits_are_refused_with_a_reason(world: _World) -> None:
    place = world.place("money")
    for text in ("", " \n\t ", "x" * (LONGEST + 1)):
        with pytest.raises(InvalidQuery):
            world("steward").write(place, text, WHOLE)
    world("steward").write(place, "x" * LONGEST, WHOLE)
    for _ in range(MOST_A_DAY - 1):
        world("steward").write(place, "More", WHOLE)
    with pytest.raises(InvalidQuery, match="a day"):
        world("steward").write(place, "One too many", WHOLE)


@pytest.mark.parametrize("text", [*sample(24), "@[0123456789abcdef0123456789abcdef]", "@" * 1_900, "a\u202eb @Mia"])
def test_hostile_texts_round_trip_unchanged(world: _World, text: str) -> None:
    place = world.place("money")
    try:
        comment = world("steward").write(place, text, WHOLE)
    except InvalidQuery:
        assert not text.strip() or len(text) > LONGEST or "\x00" in text
        return
    stored = world("steward").find(comment).first.text
    assert stored.split() == "".join(c for c in text if c != "\x00" and not 0xD800 <= ord(c) <= 0xDFFF).split()


def test_the_log_records_the_comment_but_not_its_text(world: _World) -> None:
    world("steward").write(world.place("money"), "Between us @Mia", WHOLE)
    with world.store.read() as connection:
        rows = connection.execute(select(AUDIT).where(AUDIT.c.kind.like("comment.%"))).all()
    assert [(row.kind, row.said) for row in rows] == [("comment.written", '{"mentions":1,"on":"board"}')]
    assert all(b"Between" not in row.sealed for row in rows)
