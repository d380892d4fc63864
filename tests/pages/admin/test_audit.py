"""The audit page over its own store: access, filters, verification, export and erasure."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.admin.audit import list as audit_list
from pages.admin.audit.tools import SignedOut, _file
from pages.shell import links, once, session
from semantic.audit_trail import recorder
from semantic.config.settings import load_settings
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.gaps import Gap, record_gap
from semantic.store.audit.log import Act, Plain, record
from semantic.store.open import open_store
from semantic.store.people import read_stored_people
from semantic.workspace import Workspace
from tests.pages.whole_app import ROOT, is_closed, open_app, show_pages_to
from tests.shop import open_shop
from tests.waiting import STUCK

OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
ANA = Actor(id="ana", name="Ana Ribeiro, marketing operations", roles=frozenset({"steward"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def workspace(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A separate shop, because a workspace with a store records the questions asked in it."""
    opened = open_shop(shutil.copyfile(shop_file, tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def live(workspace: Workspace, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("SAMEPAGE_STORE", str(shutil.copyfile(empty_store, tmp_path / "store.sqlite")))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY_FILE", str(tmp_path / "audit.key"))
    settings = load_settings()
    store, keys = open_store(settings)
    yield Live(settings, store, keys, workspace)
    store.close()


@pytest.fixture
def who() -> dict[str, Actor]:
    return {"asks": OTTO}


@pytest.fixture
def visit(live: Live, workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the page as the person in `who`."""
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace, live)
    monkeypatch.setattr(session, "actor_later", lambda: lambda: who["asks"])
    yield lambda **held: open_app(links.AUDIT, held=held)
    once.forget()


def _record(live: Live, kind: str, actor: Actor, about: str = "", **personal: Plain) -> None:
    with live.store.write() as transaction:
        record(transaction, Act(kind=kind, actor=actor, about=about, personal=personal), live.keys)


def _damage(live: Live, statement: str) -> None:
    with live.store.write(recorded=False) as transaction:
        transaction.connection.exec_driver_sql(statement)


@pytest.fixture
def some(live: Live) -> None:
    """Save a question as Ana, and ask twice as Jonas."""
    _record(live, "question.saved", ANA, "question:7f", name="Spend by *channel*")
    _record(live, "question.asked", JONAS, "receipt:K7QM")
    _record(live, "question.asked", JONAS, "receipt:ZZ99")


def words(app: AppTest) -> str:
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def rows(app: AppTest) -> list[str]:
    """Return the sentences in the list of entries."""
    marks = [str(markdown.value).replace("\\", "") for markdown in app.markdown]
    return [
        mark
        for mark in marks
        if mark.startswith(("Ana Ribeiro ", "Jonas Falk ", "Otto Weiss", "An erased", "Somebody"))
    ]


def _button(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


@pytest.mark.parametrize("person", [ANA, JONAS, Actor(id="x")])
@pytest.mark.usefixtures("some")
def test_only_administrators_open_it(visit: Open, who: dict[str, Actor], person: Actor) -> None:
    """Others can't open it by its address, and the menu doesn't list it."""
    who["asks"] = person
    app = AppTest.from_file(str(ROOT / links.AUDIT), default_timeout=STUCK).run()
    assert "You don't have access to this page" in words(app)
    assert rows(app) == []
    app = visit()
    assert is_closed(app)
    assert rows(app) == []


@pytest.mark.usefixtures("some")
def test_entries_are_sentences_newest_first(visit: Open) -> None:
    app = visit()
    assert not app.exception
    assert rows(app) == [
        "Jonas Falk ran a question",
        "Jonas Falk ran a question",
        "Ana Ribeiro saved the question “Spend by *channel*”",
    ]
    assert "1–3 of 3 entries. Times are UTC." in words(app)
    assert "Who did what. Entries are kept forever." in words(app)


def test_a_log_without_entries_says_so(visit: Open) -> None:
    app = visit()
    assert "No entries yet" in words(app)
    assert "You're the only person here." in words(app)


@pytest.mark.usefixtures("some")
def test_entries_can_be_filtered_and_reset(visit: Open) -> None:
    app = visit()
    app.selectbox(key=audit_list.KIND).set_value("question.saved").run()
    assert rows(app) == ["Ana Ribeiro saved the question “Spend by *channel*”"]
    app.text_input(key=audit_list.ABOUT).set_value("receipt").run()
    assert "No matching entries about “receipt”" in words(app)
    app = _button(app, "audit-empty-0")
    assert len(rows(app)) == 3
    app.text_input(key=audit_list.ABOUT).set_value("receipt:ZZ99").run()
    assert len(rows(app)) == 1
    app = _button(app, "audit-clear")
    jonas = next(option for option in app.selectbox(key=audit_list.PERSON).options if option.startswith("Jonas"))
    app.selectbox(key=audit_list.PERSON).select(jonas).run()
    assert rows(app) == ["Jonas Falk ran a question"] * 2


def test_many_entries_are_shown_in_pages(visit: Open, live: Live) -> None:
    for number in range(60):
        _record(live, "question.saved", ANA, name=str(number))
    app = visit()
    assert "1–25 of 60 entries" in words(app)
    app = _button(_button(app, "audit-older"), "audit-older")
    assert "51–60 of 60 entries" in words(app)
    assert rows(app)[-1] == "Ana Ribeiro saved the question “0”"
    assert app.button(key="audit-older").disabled
    app = _button(app, "audit-newer")
    assert "26–50 of 60 entries" in words(app)
    app.selectbox(key=audit_list.KIND).set_value("question.saved").run()
    assert "1–25 of 60 entries" in words(app)


@pytest.mark.usefixtures("some")
def test_the_log_is_verified_in_words(visit: Open, live: Live) -> None:
    app = _button(visit(), "audit-verify-now")
    assert "The audit log is intact: 3 entries, none changed, missing or moved. Its head is 3:" in words(app)
    app.text_input(key="audit-head").set_value("41").run()
    assert "a number, a colon and 64 characters" in words(_button(app, "audit-verify-now"))
    app.text_input(key="audit-head").set_value(f"Head of the audit log: 9:{'0' * 64}").run()
    assert "Entries 4 to 9 are missing at the end" in words(_button(app, "audit-verify-now"))
    _damage(live, "UPDATE audit SET about = 'receipt:A' WHERE number = 2")
    app.text_input(key="audit-head").set_value("").run()
    assert "The audit log is broken. Entry 2 (" in words(_button(app, "audit-verify-now"))


@pytest.mark.usefixtures("some")
def test_a_log_with_gaps_is_not_called_whole(visit: Open, live: Live) -> None:
    with live.store.write() as transaction:
        now = transaction.now
        gap = Gap(cause="too_many_waiting", first=now, last=now, kinds={"question.asked": 2, "rows.listed": 1})
        record_gap(transaction, gap, live.keys)
    app = _button(visit(), "audit-verify-now")
    assert "The audit log has 1 gap: 4 entries" in words(app)
    assert "Missing: 3 acts (entry 4, " in words(app)
    assert "Samepage couldn't record 3 acts, done between " in words(app)
    assert "Ran a question (2) and Viewed the rows behind a number (1)" in words(app)


@pytest.mark.usefixtures("some")
def test_an_entry_opens_with_its_details(visit: Open, live: Live) -> None:
    app = _button(visit(), "audit-open-1")
    assert "Signature valid" in words(app)
    assert "Personal data readable" in words(app)
    table = app.table[0].value.to_string().replace("\\", "")
    assert "Ana Ribeiro (ana)" in table
    assert "question:7f" in table
    _damage(live, "UPDATE audit SET kind = 'question.archived' WHERE number = 1")
    _damage(live, "UPDATE people SET sealed_key = x'00' WHERE id = 'ana'")
    app = _button(visit(), "audit-open-1")
    assert "Not signed" in words(app)
    assert "Personal data can't be decrypted" in words(app)
    assert "Someone who can't be read archived a question" in words(app)


@pytest.mark.usefixtures("some")
def test_an_export_is_made_for_its_requester_and_recorded(live: Live, visit: Open, who: dict[str, Actor]) -> None:
    visit()
    make = _file(EntryFilter(kind="question.saved"), "csv", OTTO, lambda: who["asks"])
    assert "Ana Ribeiro saved the question" in make().decode("utf-8-sig")
    with live.store.read() as connection:
        newest = read_entries(connection, live.keys, limit=1)[0]
    assert (newest.kind, newest.person.id, newest.details) == ("audit.exported", "otto", {"as": "csv", "entries": 1})
    who["asks"] = JONAS
    with pytest.raises(SignedOut):
        make()


@pytest.mark.usefixtures("some")
def test_no_file_is_made_without_a_record(live: Live, visit: Open) -> None:
    visit()
    _record(live, "person.signed_in", OTTO)
    _damage(live, "UPDATE people SET sealed_key = x'00' WHERE id = 'otto'")
    with pytest.raises(StoreFailed):
        _file(EntryFilter(), "jsonl", OTTO, lambda: OTTO)()


@pytest.mark.usefixtures("some")
def test_retention_days_can_be_set_and_unset(visit: Open) -> None:
    app = visit()
    app.number_input(key="audit-keep-days").set_value(400).run()
    app = _button(app, "audit-keep")
    assert "Who did what. Entries are kept for 400 days." in words(app)
    assert rows(app)[0] == "Otto Weiss set audit log retention to 400 days"
    assert "Who did what. Entries are kept forever." in words(_button(app, "audit-keep-ever"))


@pytest.mark.usefixtures("some")
def test_a_person_is_erased_only_after_their_name_is_typed(visit: Open) -> None:
    app = visit()
    app.selectbox(key="audit-erase").set_value("ana").run()
    assert app.button(key="audit-erase-now").disabled
    app.text_input(key="audit-erase-name").set_value("Ana").run()
    assert "This doesn't match Ana Ribeiro." in words(app)
    assert app.button(key="audit-erase-now").disabled
    app.text_input(key="audit-erase-name").set_value("Ana Ribeiro").run()
    app = _button(app, "audit-erase-now")
    assert "Person erased." in words(app)
    assert rows(app)[0].startswith("Otto Weiss erased a person")
    assert rows(app)[-1] == "An erased person saved a question"
    assert "Ana" not in words(app)
    assert "The audit log is intact: 4 entries" in words(_button(app, "audit-verify-now"))


@pytest.mark.usefixtures("some")
def test_no_earlier_act_brings_an_erased_name_back(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pending records are written first, while the name can still be erased."""
    app = visit()
    app.selectbox(key="audit-erase").set_value("ana").run()
    app.text_input(key="audit-erase-name").set_value("Ana Ribeiro").run()
    monkeypatch.setattr(recorder, "GATHERS_SECONDS", 5.0)
    live.recorder.opened("R-7K3Q-DM2X-WA94", ANA)
    app = _button(app, "audit-erase-now")
    assert "Person erased." in words(app)
    live.recorder.flush()
    with live.store.read() as connection:
        assert "ana" not in {stored_person.id for stored_person in read_stored_people(connection)}


@pytest.mark.usefixtures("some")
def test_viewing_as_an_administrator_does_not_open_the_page(visit: Open, who: dict[str, Actor]) -> None:
    who["asks"] = Actor(id="otto", name="Otto Weiss", roles=OTTO.roles, viewed_by="eva")
    app = visit()
    assert is_closed(app)
    assert rows(app) == []


def test_a_failing_store_shows_a_message(visit: Open, live: Live) -> None:
    _damage(live, "ALTER TABLE audit RENAME TO gone")
    app = visit()
    assert not app.exception
    assert "Couldn't load the log" in words(app)
    assert "SAMEPAGE_STORE" in words(app)
