"""The mail about a mention, from the comment to a real mail server, and when none is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.annotations.comments import about_question
from semantic.display.messages.message import Message
from semantic.query.query import Query
from semantic.services.boards import BoardWork
from semantic.services.comments.mail import NO_ACCESS, NOT_MENTIONED, compose_comment
from semantic.services.comments.places import Place
from semantic.services.comments.work import CommentWork
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.composers import composer_of
from semantic.services.outbox.reader import Reader, reader_of
from semantic.store.outbox.sends import Send
from tests.hostile.strings import sample
from tests.semantic.services.outbox.outbox_world import World, outbox_world
from tests.semantic.services.outbox.test_sending import choosy
from tests.semantic.store.clock import Clock
from tests.semantic.transport.test_smtp import serving

REVENUE = about_question(Query(metrics=("revenue",)), ["revenue"])


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with outbox_world(str(tmp_path / "store.sqlite"), tmp_path, clock) as opened:
        opened.compose = compose_comment
        yield opened


def work(world: World, name: str) -> CommentWork:
    live = world.live
    return CommentWork(live.store, live.keys, live.workspace(), world.actor(name), live.people)


def place(world: World) -> Place:
    return Place("board", world.board, "m")


def compose(world: World) -> Message | Skipped:
    """Return the message that the newest send's recipient would get now."""
    send: Send = world.sends(kind="comment")[0]
    reader = reader_of(world.live, send.recipient, world.clock())
    assert isinstance(reader, Reader)
    return compose_comment(send, reader, world.live)


def states(world: World) -> list[tuple[str, str]]:
    return sorted((send.state, send.why) for send in world.sends(kind="comment"))


def test_a_mention_is_mailed_once_with_a_link_and_no_number(world: World) -> None:
    assert composer_of("comment") is compose_comment
    postbox = choosy()
    with serving(postbox) as world.server:
        comment = work(world, "steward").write(place(world), "Was that the strike, @Mia?\nOr not", REVENUE)
        world.send()
        world.send()
    (got,) = postbox.mails
    assert got.to == "mia@demo.example"
    assert "Steward mentioned you in a comment on Shop" in got.text
    assert "Was that the strike, @Mia?" in got.text
    assert got.text.index("Revenue") < got.text.index("Was that the strike")  # the tile has no title of its own
    assert f"http://localhost:8501/board?d={world.board}&comment={comment}" in got.text
    assert states(world) == [("handed_over", "")]


def test_a_reply_quotes_the_thread(world: World) -> None:
    first = work(world, "mia").write(place(world), "What happened?", REVENUE)
    work(world, "steward").write(place(world), "A strike, @Mia", REVENUE, parent=first)
    message = compose(world)
    assert isinstance(message, Message)
    assert message.text.index("What happened?") < message.text.index("A strike, @Mia")
    assert message.subject == "Steward mentioned you in a comment on Shop"


def test_a_reply_someone_cant_read_isnt_quoted(world: World) -> None:
    """Dora asks, and Mia answers only her, so the steward's text between them isn't in Dora's mail."""
    first = work(world, "dora").write(place(world), "What happened?", REVENUE)
    work(world, "steward").write(place(world), "Revenue of Norway: 12", REVENUE, parent=first)
    work(world, "mia").write(place(world), "A strike, @Dora", REVENUE, parent=first, is_wide=True)
    message = compose(world)
    assert isinstance(message, Message)
    assert "A strike" in message.text
    assert "Norway" not in message.text + message.html


def test_nothing_is_sent_once_the_comment_is_gone_or_hidden(world: World) -> None:
    def mention() -> str:
        return work(world, "steward").write(place(world), "Look, @Dora", REVENUE, is_wide=True)

    comment = mention()
    work(world, "steward").remove(work(world, "steward").find(comment).first)
    assert compose(world) == Skipped(NO_ACCESS)
    world.clock.move(seconds=1)
    comment = mention()
    work(world, "steward").edit(work(world, "steward").find(comment).first, "Look, everyone")
    assert compose(world) == Skipped(NOT_MENTIONED)
    world.clock.move(seconds=1)
    mention()
    boards = BoardWork(world.live.store, world.live.keys, world.live.workspace(), world.actor("steward"))
    boards.move(world.board, "", boards.open(world.board).head.revision)
    assert compose(world) == Skipped(NO_ACCESS)
    world.send()
    assert {state for state, _ in states(world)} == {"skipped"}


def test_someone_deactivated_gets_nothing(world: World) -> None:
    work(world, "steward").write(place(world), "Look, @Mia", REVENUE)
    world.deactivate("mia")
    world.send()
    assert {state for state, _ in states(world)} <= {"skipped", "failed"}
    assert world.handed == []


@pytest.mark.parametrize("text", [*sample(8, longest=1_500), "<script>alert(1)</script>", "a\r\nBcc: x@y.example"])
def test_hostile_texts_are_plain_text(world: World, text: str) -> None:
    work(world, "steward").write(place(world), f"@Mia {text}", REVENUE)
    message = compose(world)
    assert isinstance(message, Message)
    assert "<script" not in message.html.lower()
    assert "\n" not in message.subject + message.preheader
