"""Testing a connection: whether it answers, missing tables, a wrong password, and too many rights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import duckdb
import pytest

from semantic.config.settings import Settings, load_settings
from semantic.config.sign_in import Provider, SignInSettings
from semantic.policy.actor import Actor
from semantic.policy.claims import demo_person
from semantic.policy.narrow import VisibleModel
from semantic.services.connections import data_connection, look_at_data, look_at_store, store_connection
from semantic.services.process import Live
from tests import engines
from tests.copies import copy_shop
from tests.shop import SHOP

KEY = "a key of tests that is long enough for it"


@contextmanager
def opened(folder: Path, data: str) -> Iterator[Live]:
    live = Live.open(Settings(data=data, model=SHOP, store=str(folder / "store.sqlite"), audit_key=KEY))
    yield live
    live.close()


def steward(live: Live) -> VisibleModel:
    workspace = live.workspace()
    return workspace.visible(workspace.people["steward"])


@contextmanager
def shop_on(engine_name: str, folder: Path, *changes: str) -> Iterator[str]:
    """Yield the address of the shop on an engine, after running statements on it as its owner."""
    if engine_name == "duckdb":
        yield str(copy_shop(folder / f"{uuid4().hex}.duckdb", *changes))
        return
    urls = engines.ENGINES[engine_name].shop(folder)
    url = next(urls)
    engines.run_on_postgres(url, changes)
    yield url
    next(urls, None)


@contextmanager
def role(url: str, *granted: str) -> Iterator[tuple[str, str]]:
    """Yield the address of the same database for another user with only these rights, and the user's name."""
    name = f"reader_{uuid4().hex[:8]}"
    engines.run_on_postgres(
        url, [f"CREATE ROLE {name} LOGIN PASSWORD 'canary'", *(text.replace("READER", name) for text in granted)]
    )
    parts = urlsplit(url)
    try:
        yield parts._replace(netloc=f"{name}:canary@{parts.hostname}:{parts.port}").geturl(), name
    finally:
        engines.run_on_postgres(url, [f"DROP OWNED BY {name}", f"DROP ROLE {name}"])


READS = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO READER"


def test_a_working_connection_states_its_address_and_its_datasets(engine_name: str, tmp_path: Path) -> None:
    with shop_on(engine_name, tmp_path) as url, opened(tmp_path, url) as live:
        seen = steward(live)
        connection, look = data_connection(live), look_at_data(live, seen)
        assert (look.state, look.words) == ("answers", "Connected")
        assert look.seconds is not None
        assert look.version.startswith({"duckdb": "DuckDB 2.", "postgres": "PostgreSQL "}[engine_name])
        assert {served.label for served in look.served} >= {"Orders", "Channels"}
        assert not [served for served in look.served if served.trouble]
        place = url if engine_name == "duckdb" else f"127.0.0.1:{urlsplit(url).port}{urlsplit(url).path}"
        assert connection.place == place
        assert ("Row limit per answer", "100,000") in connection.limits
        assert ("Memory" in dict(connection.limits)) == (engine_name == "duckdb")


def test_a_missing_table_is_named_with_its_dataset_and_the_rest_continues(engine_name: str, tmp_path: Path) -> None:
    with shop_on(engine_name, tmp_path, "DROP TABLE channels") as url, opened(tmp_path, url) as live:
        look = look_at_data(live, steward(live))
        assert look.state == "incomplete"
        assert look.words == "1 dataset can't be read. Questions about the others still work."
        first = look.served[0]
        assert (first.label, first.tables) == ("Channels", ("channels",))
        assert first.trouble == "There is no table named 'channels' in the data."
        stranger = live.workspace().visible(Actor(id="x", roles=frozenset({"administrator"})))
        told = look_at_data(live, stranger)
        assert (told.state, told.words, told.served) == (look.state, look.words, ())


def test_an_unreachable_connection_is_reported(tmp_path: Path) -> None:
    with shop_on("duckdb", tmp_path) as url, opened(tmp_path, url) as live:
        Path(url).rename(tmp_path / "away")
        look = look_at_data(live, steward(live))
        assert (look.state, look.seconds, look.served) == ("silent", None, ())
        assert look.words


def test_a_user_with_write_access_gets_a_warning_and_one_without_does_not(engine_name: str, tmp_path: Path) -> None:
    with shop_on(engine_name, tmp_path) as url:
        if engine_name == "duckdb":
            with opened(tmp_path, url) as live:
                assert look_at_data(live, steward(live)).warnings == ()
            return
        with role(url, READS) as (reads, _), opened(tmp_path, reads) as live:
            assert look_at_data(live, steward(live)).warnings == ()
        with role(url, READS, "GRANT DELETE ON orders TO READER") as (writes, _), opened(tmp_path, writes) as live:
            (warning,) = look_at_data(live, steward(live)).warnings
            assert warning.startswith("This database user can write to 1 table of the model.")


@pytest.mark.gap("duckdb", "never", "a file has no password")
@pytest.mark.gap("spark", "never", "the tests' own asks for no password")
def test_a_changed_password_is_reported_as_wrong_and_not_shown(engine_name: str, tmp_path: Path) -> None:
    assert engine_name == "postgres"
    with shop_on(engine_name, tmp_path) as url, role(url, READS) as (reads, name), opened(tmp_path, reads) as live:
        seen = steward(live)
        assert look_at_data(live, seen).state == "answers"
        change = f"ALTER ROLE {name} PASSWORD 'another'"
        ends = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
        engines.run_on_postgres(url, [change, ends])
        look = look_at_data(live, seen)
        if look.state == "answers":  # a server that trusts every client on this machine asks for no password
            pytest.fail("The server of the tests asks for no password, so nothing was tested.")
        assert (look.state, look.words) == ("silent", "PostgreSQL does not accept this user and password.")
        assert "canary" not in f"{look} {data_connection(live)} {live.settings}"


def test_a_plain_password_gives_a_warning_and_one_in_a_file_does_not(tmp_path: Path) -> None:
    address = "postgresql://samepage:canary@db.example.com/samepage"
    file = tmp_path / "address"
    file.write_text(address, encoding="utf-8")
    with shop_on("duckdb", tmp_path) as url, opened(tmp_path, url) as live:
        for given, is_warned in ((address, True), (f"file:{file}", False), (str(tmp_path / "s.sqlite"), False)):
            live.settings = load_settings({"SAMEPAGE_STORE": given})
            connection = store_connection(live)
            assert bool(connection.warnings) == is_warned
            assert "canary" not in repr(connection)
        live.settings = load_settings({"SAMEPAGE_STORE": address})
        assert (
            store_connection(live)
            .warnings[0]
            .startswith("The password is written in plain text in SAMEPAGE_STORE. Put the address")
        )


def test_a_store_answers_or_says_that_it_does_not(tmp_path: Path) -> None:
    with shop_on("duckdb", tmp_path) as url, opened(tmp_path, url) as live:
        connection, look = store_connection(live), look_at_store(live)
        assert (connection.kind, connection.place) == ("SQLite", str(tmp_path / "store.sqlite"))
        assert look.state == "answers"
        assert look.version.startswith("SQLite 3.")
        assert connection.secrets == ("The key of the audit log: generated and kept in .samepage/audit.key.",)
        live.store.engine.dispose()
        file = tmp_path / "store.sqlite"
        file.rename(tmp_path / "away")
        file.mkdir()
        away = look_at_store(live)
        assert (away.state, away.seconds) == ("silent", None)
        assert "The store's file couldn't be read or written" in away.words
        file.rmdir()
        os.rename(tmp_path / "away", file)


def test_a_demo_store_is_reported_if_a_company_signs_in(tmp_path: Path) -> None:
    data = str(copy_shop(tmp_path / "shop.duckdb"))
    settings = Settings(data=data, model=SHOP, store=str(tmp_path / "store.sqlite"), audit_key=KEY)
    company = replace(settings, sign_in=SignInSettings(
        address="https://samepage.example.com", hours=12, renew_minutes=15, contact="",
        providers=(Provider(name="okta", label="Okta", metadata="", client_id=""),),
    ))  # fmt: skip

    def warnings(given: Settings) -> tuple[str, ...]:
        live = Live.open(given)
        try:
            return store_connection(live).warnings
        finally:
            live.close()

    assert warnings(company) == ()
    demo = Live.open(replace(settings, demo=True))
    person = next(iter(demo.workspace().people.values()))
    until = demo.store.now() + timedelta(hours=1)
    token = demo.sign_ins.begin(demo_person(person), provider="demo", until=until)
    begun = demo.store.now()
    demo.close()
    assert warnings(replace(settings, demo=True)) == ()
    [warning] = warnings(company)
    assert warning.startswith(f"Demo mode used this store, last on {begun:%-d %b %Y}: anyone could publish")
    assert "Start with an empty store" in warning
    live = Live.open(company)
    assert live.sign_ins.find(token) is None
    live.close()


def test_engines_and_sizes_are_written_as_people_write_them(tmp_path: Path) -> None:
    with opened(tmp_path, str(copy_shop(tmp_path / "shop.duckdb"))) as live:
        assert dict(data_connection(live).limits)["Disk when memory is short"] == "20 GB"
        assert look_at_data(live, steward(live)).version == f"DuckDB {duckdb.__version__}"
