"""The page Service tokens over its own store: who can open it, and how to list, create, hand over and revoke."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from pages.admin.tokens import form as token_form
from pages.shell import links, once
from semantic.commands.audit import SHELL
from semantic.config.sign_in import SignInSettings
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.accounts.service_tokens import Grant, ServiceToken, end_token, find_token, make_token, read_tokens
from semantic.store.database import Store, connect_store
from semantic.store.people import PEOPLE
from tests.pages.api_world import ANA, OTTO
from tests.pages.whole_app import ROOT, is_closed, open_app, show_pages_to
from tests.waiting import STUCK

Open = Callable[..., AppTest]


@pytest.fixture
def live(orders_live: Live) -> Live:
    return orders_live


@pytest.fixture
def who() -> dict[str, Actor]:
    return {"asks": OTTO}


@pytest.fixture
def visit(live: Live, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the page as the person in `who`, with this session state."""
    show_pages_to(monkeypatch, lambda: who["asks"], live.workspace, live)
    yield lambda **held: open_app(links.TOKENS, held=held)
    once.forget()


def _make(live: Live, *, days: float = 90, owner: Actor = OTTO, **given: Any) -> tuple[ServiceToken, str]:
    grant = Grant(
        name="Nightly report", purpose="Writes the numbers of the day into *the sheet*", role="marketer",
        until=live.store.now() + timedelta(days=days), scopes=frozenset({"ask"}),
        attributes=MappingProxyType({"markets": ("DE", "AT")}),
    )  # fmt: skip
    with live.store.write() as transaction:
        return make_token(transaction, live.keys, replace(grant, **given), OTTO, owner=owner)


def words(app: AppTest) -> str:
    texts = [str(title.value) for kind in (app.title, app.markdown, app.caption, app.warning) for title in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def shown_secret(app: AppTest) -> str:
    return next((code.value for code in app.code if code.value.startswith("sp_")), "")


@pytest.mark.parametrize("person", [ANA, Actor(id="x")])
def test_only_administrators_open_it(visit: Open, live: Live, who: dict[str, Actor], person: Actor) -> None:
    """Others can't open it by its address, and the menu doesn't list it."""
    _make(live)
    who["asks"] = person
    app = AppTest.from_file(str(ROOT / links.TOKENS), default_timeout=STUCK).run()
    assert "You don't have access to this page" in words(app)
    assert "Nightly" not in words(app)
    app = visit()
    assert is_closed(app)
    assert "Nightly" not in words(app)


def test_a_store_without_tokens_says_what_they_are_for(visit: Open) -> None:
    app = visit()
    assert not app.exception
    assert "No tokens yet" in words(app)
    assert "Create token" in words(app)


def test_a_token_without_a_valid_owner_does_not_look_active(visit: Open, live: Live) -> None:
    _make(live, name="Of the demo", owner=Actor(id="eve", name="Eve", roles=frozenset({"administrator"})))
    _make(live, name="Too high", owner=Actor(id="jonas", roles=frozenset({"steward"})), role="steward")
    _make(live, name="Of the shell", owner=SHELL)
    app = visit()
    assert not app.exception
    assert words(app).count("no longer has that role") == 2
    assert "1 active token" in words(app)


def test_a_token_whose_owner_stays_away_says_so(visit: Open, live: Live) -> None:
    _make(live, name="Of somebody who left")
    company = SignInSettings(
        address="https://samepage.example.com", hours=12, renew_minutes=15, contact="", providers=(),
        owner_days=30,
    )  # fmt: skip
    live.settings = replace(live.settings, sign_in=company)
    assert "1 active token" in words(visit())
    with live.store.write(recorded=False) as transaction:
        away = transaction.now - timedelta(days=31)
        transaction.connection.execute(update(PEOPLE).where(PEOPLE.c.id == OTTO.id).values(last_seen_at=away))
    texts = words(visit())
    assert "0 active tokens" in texts
    assert "No owner" in texts
    assert f"Owner: Otto Weiss, last active on {away:%-d %b %Y}. The token works again once they sign in." in texts


def test_each_token_is_listed_with_what_it_is_and_whether_it_works(visit: Open, live: Live) -> None:
    _make(live)
    _make(live, name="Budget", days=9.5, role="viewer", attributes=MappingProxyType({}))
    ended, _ = _make(live, name="Old import")
    with live.store.write() as transaction:
        end_token(transaction, live.keys, ended.number, "It leaked", OTTO)
    app = visit()
    assert not app.exception
    texts = words(app)
    assert "2 active tokens" in texts
    assert "1 expires within 14 days" in texts
    assert "Writes the numbers of the day into *the sheet*" in texts
    assert (
        "Permissions: ask questions and look up what can be asked. Access: marketer, markets DE + AT. Owner: Otto"
        in texts
    )
    assert "Expires in 9 days" in texts
    assert "Never used" in texts
    assert "Old import" not in texts
    app = app.toggle(key="tokens-old").set_value(True).run()
    assert "Old import" in words(app)
    assert "It leaked" in words(app)
    assert [button for button in app.button if button.key == f"another-{ended.number}"]


def test_a_new_token_shows_its_text_once(visit: Open, live: Live) -> None:
    app = visit()
    app = app.button(key="token-make").click().run()
    app.text_input(key=f"{token_form.NAME}-1").set_value("Sheet")
    app.text_input(key=f"{token_form.PURPOSE}-1").set_value("For the sheet")
    app.selectbox(key=f"{token_form.ROLE}-1").set_value("marketer")
    app.text_area(key=f"{token_form.ATTRIBUTES}-1").set_value("markets: DE, AT")
    app = app.button(key="token-make-now").click().run()
    assert not app.exception
    text = shown_secret(app)
    with live.store.read() as connection:
        token = find_token(connection, text)
    assert token is not None
    grant = token.grant
    assert (grant.name, grant.role, grant.attributes) == ("Sheet", "marketer", {"markets": ("DE", "AT")})
    assert (grant.scopes, token.owner, grant.until - token.begun_at) == ({"ask"}, "otto", timedelta(days=90))
    assert "you won't see it again" in words(app)
    app = app.button(key="token-copied").click().run()
    assert shown_secret(app) == ""
    assert text not in str(app.session_state)
    assert "Sheet" in words(app)
    assert text not in words(visit())


def test_errors_appear_in_the_form_which_stays_open(visit: Open, live: Live) -> None:
    app = visit()
    app = app.button(key="token-make").click().run()
    app.text_input(key=f"{token_form.NAME}-1").set_value("Sheet")
    app.text_input(key=f"{token_form.PURPOSE}-1").set_value("For the sheet")
    app = app.button(key="token-make-now").click().run()
    assert "A token's role must be viewer, marketer or steward. Choose one." in words(app)
    assert app.text_input(key=f"{token_form.NAME}-1").value == "Sheet"
    app.selectbox(key=f"{token_form.ROLE}-1").set_value("steward")
    app.text_area(key=f"{token_form.ATTRIBUTES}-1").set_value("markets DE")
    app = app.button(key="token-make-now").click().run()
    assert "'markets DE' isn't an attribute" in words(app)
    app.text_area(key=f"{token_form.ATTRIBUTES}-1").set_value("")
    app.selectbox(key=f"{token_form.OWNER}-1").set_value("jonas")
    app = app.button(key="token-make-now").click().run()
    assert "Jonas Falk isn't a steward" in words(app)
    with live.store.read() as connection:
        assert read_tokens(connection) == []


def test_a_copy_of_a_token_starts_with_the_same_grant(visit: Open, live: Live) -> None:
    token, first = _make(
        live, groups=frozenset({"agency"}), attributes=MappingProxyType({"markets": ("DE",), "a": "b"})
    )
    app = visit()
    app = app.button(key=f"another-{token.number}").click().run()
    app = app.button(key="token-make-now").click().run()
    assert not app.exception
    text = shown_secret(app)
    with live.store.read() as connection:
        bearer = find_token(connection, text)
    assert bearer is not None
    assert replace(bearer.grant, until=token.grant.until) == token.grant
    assert (text != first, bearer.number != token.number) == (True, True)


def test_a_token_is_revoked_with_a_reason(visit: Open, live: Live) -> None:
    token, text = _make(live)
    key = f"end-{token.number}"
    app = visit(**{key: True})
    assert app.button(key=f"{key}-now").disabled
    app = app.text_input(key=f"{key}-why").set_value("It leaked").run()
    app = app.button(key=f"{key}-now").click().run()
    assert not app.exception
    assert f"Token sp_{token.number} revoked" in words(app)
    assert "No active tokens" in words(app)
    with live.store.read() as connection:
        token = find_token(connection, text)
    assert token is not None
    assert (token.state(live.store.now()), token.why_ended) == ("ended", "It leaked")


def test_a_token_is_handed_over_only_to_someone_with_the_same_access(visit: Open, live: Live) -> None:
    token, _ = _make(live, role="steward", attributes=MappingProxyType({}))
    key = f"hand-{token.number}"
    app = visit(**{key: True})
    assert app.selectbox(key=f"{key}-to").options == ["Ana Ribeiro", "Lotte Vos"]  # Jonas is a marketer, Otto has it
    app = app.selectbox(key=f"{key}-to").set_value("ana").run()
    app = app.button(key=f"{key}-now").click().run()
    assert "Ana Ribeiro now owns the token" in words(app)
    assert "Owner: Ana Ribeiro" in words(app)


def test_viewing_as_an_administrator_does_not_open_the_page(visit: Open, live: Live, who: dict[str, Actor]) -> None:
    token, _ = _make(live)
    who["asks"] = replace(OTTO, viewed_by="ana")
    assert is_closed(visit(**{f"end-{token.number}": True}))
    with live.store.read() as connection:
        assert [bearer.number for bearer in read_tokens(connection) if bearer.ended_at is None] == [token.number]


def test_an_unavailable_store_is_reported(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(live)
    away = Store(connect_store("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"))
    app = visit()
    monkeypatch.setattr(live, "store", away)
    app = app.run()
    assert not app.exception
    assert "Couldn't load tokens" in words(app)
