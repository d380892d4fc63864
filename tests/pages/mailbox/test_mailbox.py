"""The page Mailbox, which exists only in the demo: each person's own messages, with every part of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.mailbox.frame import POLICY, SANDBOX, framed
from pages.shell import links, once, session
from semantic.display.messages.message import Attachment
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.transport.hand_over import hand_over
from semantic.transport.manage import Mailbox, send_for_test
from tests.pages.api_world import ANA, OTTO
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.transport.messages import MESSAGE
from tests.semantic.transport.sending_world import build_world, person, sending

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mailbox")
    build_world(folder)
    return folder


@pytest.fixture
def demo() -> bool:
    return True


@pytest.fixture
def live(folder: Path, tmp_path: Path, demo: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    with sending(folder, tmp_path, demo=demo) as live:
        monkeypatch.setattr(session, "store", lambda: (live.store, live.keys))
        monkeypatch.setattr(session, "settings", lambda: live.settings)
        yield live


@pytest.fixture
def who() -> dict[str, Actor]:
    return {"asks": ANA}


@pytest.fixture
def visit(live: Live, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    show_pages_to(monkeypatch, lambda: who["asks"], live.workspace, live)
    yield lambda **address: open_app(links.MAILBOX, **address)
    once.forget()


def words(app: AppTest) -> str:
    kinds = (app.title, app.subheader, app.markdown, app.caption)
    texts = [str(element.value) for kind in kinds for element in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def _deliver(live: Live, actor: Actor, subject: str = MESSAGE.subject) -> int:
    """Put a message into the mailbox, and return its number."""
    attachment = Attachment(name="board.pdf", media_type="application/pdf", content=b"%PDF-1.7")
    to = person(live, actor, f"{actor.id}@demo.example")
    message = replace(MESSAGE, subject=subject, attachments=(attachment,))
    hand_over(live, send_for_test(live, to.recipient), to, message)
    return Mailbox(live, actor).messages()[0].number


def test_an_empty_mailbox_says_how_to_fill_it(visit: Open) -> None:
    app = visit()
    assert not app.exception
    assert "No messages yet" in words(app)


def test_people_see_their_own_messages_only(visit: Open, live: Live, who: dict[str, Actor]) -> None:
    number = _deliver(live, ANA)
    _deliver(live, OTTO, "For the administrator")
    app = visit()
    assert f"mailbox-row-{number}" in [button.key for button in app.button]
    assert "For the administrator" not in words(app)
    who["asks"] = Actor(id="jonas", name="Jonas", roles=frozenset({"marketer"}))
    assert MESSAGE.subject not in words(visit())
    assert MESSAGE.subject not in words(visit(mail=str(number)))
    who["asks"] = OTTO
    app = visit()
    assert "For the administrator" in words(app)
    assert f"{MESSAGE.subject}" in words(app)
    assert "to ana" in words(app)


def test_a_message_is_shown_in_all_its_parts(visit: Open, live: Live) -> None:
    number = _deliver(live, ANA, "Umsatz *größer* <b>")
    app = visit()
    app.button(f"mailbox-row-{number}").click().run()
    assert app.subheader[0].value.replace("\\", "") == "Umsatz *größer* <b>"
    assert "From Samepage to ana" in words(app)
    assert "<h1>Net revenue fell 12% in Germany</h1>" in " ".join(str(part.proto) for part in app.get("bidi_component"))
    parts = app.button_group(f"mailbox-part-{number}")
    parts.set_value("Plain text").run()
    assert app.code[0].value == MESSAGE.text
    app.button_group(f"mailbox-part-{number}").set_value("Headers").run()
    assert "Subject: Umsatz *größer* <b>" in app.code[0].value
    app.button_group(f"mailbox-part-{number}").set_value("Original").run()
    content = Mailbox(live, ANA).content(number)
    assert content is not None
    assert app.code[0].value.splitlines() == content.decode().splitlines()
    app.button("mailbox-back").click().run()
    assert "No message is open" in words(app)


def test_a_message_can_be_opened_by_its_address(visit: Open, live: Live) -> None:
    number = _deliver(live, ANA)
    assert visit(mail=str(number)).subheader[0].value == MESSAGE.subject
    for other in ("0", "x", "-1", "9" * 30, "\u0661"):
        app = visit(mail=other)
        assert not app.exception
        assert "No message is open" in words(app)


@pytest.mark.parametrize("demo", [False])
def test_only_the_demo_has_a_mailbox(visit: Open) -> None:
    app = visit()
    assert "Only the demo has a mailbox" in words(app)


def test_the_frame_lets_nothing_run_load_or_leave() -> None:
    assert "allow-scripts" not in SANDBOX
    assert "allow-forms" not in SANDBOX
    assert "navigation" not in SANDBOX
    assert framed("<!DOCTYPE html><html>x").startswith(f"<!DOCTYPE html>{POLICY}")
    assert framed("<html>x").startswith(POLICY)
    assert "default-src 'none'" in POLICY
