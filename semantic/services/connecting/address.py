"""Addresses that administrators can connect to in the app, checked before anything is opened.

An address from a browser must not reach the server's own files, variables or credentials. So files must be in folders
that the server's settings allow, and options that name files are refused. Each database address needs a password,
because without one the client would send the server's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from semantic.config.settings import Settings
from semantic.display.format import listed
from semantic.errors import InvalidQuery, NotAllowed
from semantic.run.connection_steps import SCHEMES
from semantic.store.connections.connections import LONGEST_ADDRESS

DATA_FILES: Final = (".parquet", ".csv")
SPARK_TOKEN: Final = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
_POSTGRES_OPTIONS: Final = frozenset(
    {"search_path", "sslmode", "channel_binding", "target_session_attrs", "application_name", "connect_timeout"}
    | {"keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}
)
_SPARK_OPTIONS: Final = frozenset({"token", "use_ssl", "user_id", "schema"})
_FILE_OPTIONS: Final = frozenset({"threads", "memory_limit"})
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")
_ELSEWHERE: Final = "Put the address into the server's settings instead, under [connections]."


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address that passed the checks: its engine, and the part that is safe to show."""

    engine: str
    place: str
    text: str = field(repr=False)

    @property
    def suggested_label(self) -> str:
        """The default name for the connection: its database, schema or file."""
        last = self.place.rpartition("/")[2]
        stem = last if self.engine not in ("duckdb", "files") else last.rpartition(".")[0] or last
        words = re.sub(r"[_\W]+", " ", stem).strip()[:60]
        return words[:1].upper() + words[1:] if words else "Connection"


def read_address(text: str, settings: Settings) -> Address:
    """Check an address and return it. Raises InvalidQuery and NotAllowed, without repeating the address."""
    text = text.strip()
    if not text:
        raise InvalidQuery("Enter an address, such as postgresql://user:password@db.example.com:5432/shop.")
    if len(text) > LONGEST_ADDRESS or not text.isprintable():
        raise InvalidQuery(f"An address has at most {LONGEST_ADDRESS:,} characters, on one line. Copy it again.")
    scheme, separator, _ = text.partition("://")
    scheme = scheme.lower() if separator else "duckdb"
    if not separator and text.startswith(("file:", "env:")):
        raise NotAllowed(
            "An address typed here can't refer to files or variables on the server, because anyone who can add a "
            f"connection could then read them. {_ELSEWHERE}"
        )
    if scheme not in SCHEMES:
        raise InvalidQuery(f"Samepage has no connector for this kind of address. It has one for: {_known()}.")
    if scheme == "duckdb":
        return _files(text, settings)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if not _HOST.fullmatch(host):
        raise InvalidQuery(
            "The address needs a host, such as db.example.com, and a port that is a number. In a password, write %40 "
            "for @ and %2F for /."
        )
    if scheme in ("postgresql", "postgres"):
        return _postgres(parts, host, text)
    if scheme == "sc":
        return _spark(parts, host, text)
    if parts.query:
        raise NotAllowed(f"An address of this kind can't have options here. {_ELSEWHERE}")
    return Address(engine=scheme, place=host, text=text)


def postgres_text(*, host: str, port: str, database: str, user: str, password: str, is_encrypted: bool = False) -> str:
    """Return a PostgreSQL address built from a form's fields. Raises InvalidQuery for a missing field."""
    host, port = _checked_host(host), _checked_port(port, 5432)
    for value, what in ((database, "the database"), (user, "the user"), (password, "the user's password")):
        if not value.strip():
            raise InvalidQuery(f"Enter {what}.")
    netloc = f"{quote(user.strip(), safe='')}:{quote(password, safe='')}@{host}:{port}"
    options = "?sslmode=require" if is_encrypted else ""
    return f"postgresql://{netloc}/{quote(database.strip(), safe='')}{options}"


def spark_text(*, host: str, port: str, schema: str = "", token: str = "", is_encrypted: bool = False) -> str:
    """Return a Spark address built from a form's fields. Raises InvalidQuery for a missing field."""
    host, port = _checked_host(host), _checked_port(port, 15002)
    options = {"schema": quote(schema.strip(), safe=""), "use_ssl": "true" if is_encrypted or token else ""}
    options |= {"token": quote(token.strip(), safe="")}
    return f"sc://{host}:{port}/" + "".join(f";{name}={value}" for name, value in options.items() if value)


def path_text(path: str) -> str:
    """Return the address of a file or folder on the server."""
    path = path.strip()
    if not path.startswith("/"):
        raise InvalidQuery("Enter the full path on the server, beginning with /.")
    return f"duckdb://{quote(path)}"


def with_password(text: str, password: str) -> str:
    """Return a PostgreSQL address with its password replaced. Raises InvalidQuery for an empty password."""
    if not password:
        raise InvalidQuery("Enter the user's password.")
    parts = urlsplit(text)
    user, _, _ = parts.netloc.rpartition("@")[0].partition(":")
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def allowed_folders(settings: Settings) -> tuple[Path, ...]:
    """Return the folders and single files of this server that people can connect to.

    These are the paths in the settings, and the folder with the data. If that folder also has Samepage's own files,
    only the data file is allowed.
    """
    folders = [_real(folder) for folder in settings.data_folders]
    scheme, separator, _ = settings.data.partition("://")
    if not separator or scheme.lower() == "duckdb":
        place = Path(unquote(urlsplit(settings.data).path)) if separator else Path(settings.data).expanduser()
        place = _real(place)
        folder = place if place.is_dir() else place.parent
        holds_own = any(own.is_relative_to(folder) for own in _own_places(settings))
        folders.append(place if holds_own else folder)
    return tuple(dict.fromkeys(folders))


def _files(text: str, settings: Settings) -> Address:
    parts = urlsplit(text if "://" in text else path_text(text))
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    _check_options(given, _FILE_OPTIONS)
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute() or not str(path).isprintable():
        raise InvalidQuery("Enter the full path on the server, beginning with /.")
    path = _real(path)
    folders = allowed_folders(settings)
    if not any(path.is_relative_to(folder) for folder in folders):
        raise NotAllowed(_not_there(folders))
    if any(path.is_relative_to(own) for own in _own_places(settings)):
        raise NotAllowed("This file belongs to Samepage itself. Choose another.")
    for file in _data_files(path):
        if not any(_real(file).is_relative_to(folder) for folder in folders):
            raise NotAllowed(
                f"The file {file.name} in this folder is a link to a place outside the allowed folders. Put a copy "
                "in this folder instead."
            )
    options = f"?{urlencode(given)}" if given else ""
    is_folder = path.is_dir() or path.suffix.lower() in DATA_FILES
    engine = "files" if is_folder else "duckdb"
    return Address(engine=engine, place=path.name, text=f"duckdb://{quote(str(path))}{options}")


def _real(path: Path) -> Path:
    """Return the path with symbolic links resolved. Circular links stay as they are."""
    return Path(os.path.realpath(path))


def _data_files(path: Path) -> list[Path]:
    try:
        return [file for file in path.iterdir() if file.suffix.lower() in DATA_FILES] if path.is_dir() else []
    except OSError:  # the test says that the folder can't be read
        return []


def _not_there(folders: Sequence[Path]) -> str:
    ask = "The person who runs Samepage allows folders with the setting SAMEPAGE_DATA_FOLDERS."
    if not folders:
        return f"Samepage can't read any folder on its server yet. {ask}"
    return f"Samepage can't read this path, only {listed([str(folder) for folder in folders])}. {ask}"


def _own_places(settings: Settings) -> list[Path]:
    """Return the paths of Samepage's own data: the store, keys, models and uploaded tables."""
    places = [settings.audit_key_file, settings.uploads]
    if "://" not in settings.store:
        places.append(Path(settings.store))
    if settings.model_cache is not None:
        places.append(settings.model_cache)
    return [_real(place) for place in places]


def _postgres(parts: SplitResult, host: str, text: str) -> Address:
    database = unquote(parts.path[1:])
    if not (parts.username and parts.password and database):
        raise InvalidQuery(
            "A PostgreSQL address needs a user, a password and a database: "
            "postgresql://user:password@db.example.com:5432/shop."
        )
    _check_options(dict(parse_qsl(parts.query, keep_blank_values=True)), _POSTGRES_OPTIONS)
    return Address(engine="postgresql", place=f"{host}/{database}"[:300], text=text)


def _spark(parts: SplitResult, host: str, text: str) -> Address:
    _, *pairs = parts.path.split(";")
    given = {name: value for name, _, value in (pair.partition("=") for pair in pairs if pair)}
    _check_options(given, _SPARK_OPTIONS)
    if "token" not in given and os.environ.get(SPARK_TOKEN):
        raise NotAllowed(
            f"This server has a Spark token of its own ({SPARK_TOKEN}), which it would send to any address without "
            "one. Enter a token for this address."
        )
    schema = unquote(given.get("schema", ""))
    return Address(engine="spark", place=(f"{host}/{schema}" if schema else host)[:300], text=text)


def _check_options(given: Mapping[str, str], known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise NotAllowed(
            f"An address typed here can't have the options {', '.join(unknown)[:200]}, because an option could "
            f"refer to a file on the server. It can have: {', '.join(sorted(known))}. {_ELSEWHERE}"
        )


def _checked_host(host: str) -> str:
    host = host.strip().strip("[]")
    if not host:
        raise InvalidQuery("Enter the host, such as db.example.com.")
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise InvalidQuery("Enter only the host's name, such as db.example.com, without https:// or a path.")
    return f"[{host}]" if ":" in host else host


def _checked_port(port: str, usual: int) -> str:
    port = port.strip() or str(usual)
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= 65_535):
        raise InvalidQuery(f"Enter a port from 1 to 65,535. The default is {usual}.")
    return port


def _known() -> str:
    return ", ".join(f"{scheme}://" for scheme in sorted(SCHEMES))
