"""An address typed in the app can't reach any file, variable or credential of the server itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from semantic.config.settings import Settings, SettingsError, load_settings
from semantic.errors import InvalidQuery, NotAllowed
from semantic.services.connecting.address import (
    SPARK_TOKEN,
    allowed_folders,
    path_text,
    postgres_text,
    read_address,
    spark_text,
    with_password,
)
from tests.semantic.store.small_model import write_rows

Make = Callable[..., Settings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes settings with data and store in separate folders."""
    for name in ("own", "data", "exports", "private"):
        (tmp_path / name).mkdir()

    def made(data: str = "", folders: tuple[Path, ...] = ()) -> Settings:
        return Settings(
            data=data or str(tmp_path / "data" / "shop.duckdb"),
            model=tmp_path,
            model_cache=tmp_path / "own" / "models",
            store=str(tmp_path / "own" / "store.sqlite"),
            audit_key_file=tmp_path / "own" / "audit.key",
            data_folders=folders,
        )

    return made


def test_a_postgres_form_makes_an_address(make: Make) -> None:
    text = postgres_text(host=" db.example.com ", port="", database="the shop", user="re@der", password="p/w:d@ é%")
    assert text == "postgresql://re%40der:p%2Fw%3Ad%40%20%C3%A9%25@db.example.com:5432/the%20shop"
    address = read_address(text, make())
    assert (address.engine, address.place) == ("postgresql", "db.example.com/the shop")
    assert "p%2Fw" not in repr(address)
    encrypted = postgres_text(host="::1", port="5433", database="d", user="u", password="p", is_encrypted=True)
    assert encrypted == "postgresql://u:p@[::1]:5433/d?sslmode=require"
    assert read_address(encrypted, make()).place == "::1/d"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("host", "", "Enter the host"),
        ("host", "https://db.example.com", "without https://"),
        ("host", "/var/run/postgresql", "only the host's name"),
        ("port", "http", "Enter a port"),
        ("port", "70000", "Enter a port"),
        ("port", "٣", "Enter a port"),
        ("database", " ", "Enter the database"),
        ("user", "", "Enter the user."),
        ("password", "", "Enter the user's password"),
    ],
)
def test_a_form_names_its_invalid_field(field: str, value: str, says: str) -> None:
    fields = {"host": "db", "port": "5432", "database": "shop", "user": "u", "password": "p"} | {field: value}
    with pytest.raises(InvalidQuery, match=says):
        postgres_text(
            host=fields["host"],
            port=fields["port"],
            database=fields["database"],
            user=fields["user"],
            password=fields["password"],
        )


def test_a_spark_form_makes_an_address(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SPARK_TOKEN, raising=False)
    text = spark_text(host="spark", port="", schema="shop", token="a;b=c")
    assert text == "sc://spark:15002/;schema=shop;use_ssl=true;token=a%3Bb%3Dc"
    assert read_address(text, make()).place == "spark/shop"
    monkeypatch.setenv(SPARK_TOKEN, "verysecret")
    with pytest.raises(NotAllowed, match="Spark token of its own"):
        read_address("sc://evil.example.com", make())
    assert read_address(text, make()).engine == "spark"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Enter an address"),
        ("file:/run/secrets/store", "can't refer to files or variables"),
        ("env:SAMEPAGE_STORE", "can't refer to files or variables"),
        ("mysql://u:p@db/shop", "no connector for this kind"),
        ("http://169.254.169.254/", "no connector for this kind"),
        ("postgresql://db/shop", "needs a user, a password and a database"),
        ("postgresql://u@db/shop", "needs a user, a password and a database"),
        ("postgresql://u:p@db", "needs a user, a password and a database"),
        ("postgresql://u:p@%2Fvar%2Frun/shop", "needs a host"),
        ("postgresql://u:p@db:port/shop", "needs a host"),
        ("postgresql://u:p@db/shop?passfile=/etc/pgpass", "options passfile"),
        ("postgresql://u:p@db/shop?sslkey=/etc/key&sslmode=require", "options sslkey"),
        ("postgresql://u:p@db/shop?host=evil", "options host"),
        ("sc://spark/;token=x;header=y", "options header"),
        ("duckdb:///data/shop.duckdb?temp_directory=/etc", "options temp_directory"),
        ("duckdb://host/shop.duckdb", "full path"),
        ("duckdb:///data/shop%00.duckdb", "full path"),
        ("shop.duckdb", "full path"),
        ("~/shop.duckdb", "full path"),
        ("postgresql://u:p@db/shop\n", None),
        ("postgresql://u:p@db/sh\nop", "on one line"),
        ("postgresql://u:p@db/" + "x" * 4_000, "at most 4,000 characters"),
    ],
)
def test_addresses_that_could_reach_the_server_are_refused(make: Make, text: str, says: str | None) -> None:
    if says is None:
        assert read_address(text, make()).text == text.strip()
        return
    with pytest.raises((InvalidQuery, NotAllowed), match=says) as raised:
        read_address(text, make())
    assert "secret" not in str(raised.value).replace("SAMEPAGE", "")


def test_only_allowed_folders_are_read(make: Make, tmp_path: Path) -> None:
    settings = make(folders=(tmp_path / "exports",))
    assert allowed_folders(settings) == (tmp_path / "exports", tmp_path / "data")
    address = read_address(path_text(f"{tmp_path}/exports/a b.duckdb"), settings)
    assert (address.engine, address.place, address.text) == (
        "duckdb", "a b.duckdb", f"duckdb://{tmp_path}/exports/a%20b.duckdb"
    )  # fmt: skip
    assert read_address(str(tmp_path / "exports"), settings).engine == "files"
    assert read_address(str(tmp_path / "exports" / "orders.csv"), settings).engine == "files"
    for outside in (tmp_path / "private", tmp_path, "/etc/passwd", f"{tmp_path}/exports/../private/x.duckdb"):
        with pytest.raises(NotAllowed, match="can't read this path, only"):
            read_address(str(outside), settings)


def test_a_link_out_of_an_allowed_folder_is_refused(make: Make, tmp_path: Path) -> None:
    settings = make(folders=(tmp_path / "exports",))
    write_rows(tmp_path / "private" / "rows.duckdb")
    (tmp_path / "private" / "rows.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "exports" / "link.duckdb").symlink_to(tmp_path / "private" / "rows.duckdb")
    (tmp_path / "exports" / "folder").symlink_to(tmp_path / "private")
    for path in ("link.duckdb", "folder", "folder/rows.csv"):
        with pytest.raises(NotAllowed, match="can't read this path"):
            read_address(str(tmp_path / "exports" / path), settings)
    assert read_address(str(tmp_path / "exports"), settings).engine == "files"
    (tmp_path / "exports" / "rows.CSV").symlink_to(tmp_path / "private" / "rows.csv")
    with pytest.raises(NotAllowed, match=r"The file rows\.CSV in this folder is a link"):
        read_address(str(tmp_path / "exports"), settings)


def test_samepages_own_files_are_never_data(make: Make, tmp_path: Path) -> None:
    settings = make(folders=(tmp_path,))
    with pytest.raises(NotAllowed, match="belongs to Samepage itself"):
        read_address(str(tmp_path / "own" / "store.sqlite"), settings)
    with pytest.raises(NotAllowed, match="belongs to Samepage itself"):
        read_address(str(tmp_path / "own" / "models" / "x.parquet"), settings)
    # The demo's data is next to its store, so only the data itself can be connected.
    beside = make(data=str(tmp_path / "own" / "company.duckdb"))
    assert allowed_folders(beside) == (tmp_path / "own" / "company.duckdb",)
    assert read_address(str(tmp_path / "own" / "company.duckdb"), beside).place == "company.duckdb"
    with pytest.raises(NotAllowed):
        read_address(str(tmp_path / "own" / "other.duckdb"), beside)


def test_without_allowed_folders_the_form_says_who_can_allow_them(make: Make, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="SAMEPAGE_DATA_FOLDERS"):
        read_address(str(tmp_path / "exports"), make(data="postgresql://u:p@db/shop"))


def test_changing_the_password_changes_nothing_else() -> None:
    text = "postgresql://re%40der:old@[::1]:5433/the%20shop?sslmode=require"
    assert with_password(text, "n/w") == "postgresql://re%40der:n%2Fw@[::1]:5433/the%20shop?sslmode=require"
    with pytest.raises(InvalidQuery, match="Enter the user's password"):
        with_password(text, "")


def test_the_setting_needs_full_paths() -> None:
    loaded = load_settings({"SAMEPAGE_DATA_FOLDERS": "/srv/data, /srv/exports"})
    assert loaded.data_folders == (Path("/srv/data"), Path("/srv/exports"))
    assert load_settings({}).data_folders == ()
    for wrong in ("data", "/srv,exports", "/"):
        with pytest.raises(SettingsError, match="SAMEPAGE_DATA_FOLDERS"):
            load_settings({"SAMEPAGE_DATA_FOLDERS": wrong})
