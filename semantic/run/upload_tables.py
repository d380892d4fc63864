"""Store the tables of uploads on disk: each version as a Parquet file, and the current versions in one DuckDB file.

A new DuckDB file is written next to the old one and replaces it in one step, so readers see either all old tables or
all new ones. Processes that share the folder take turns.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
from sqlglot import exp

from semantic.errors import StoreFailed

DATABASE: Final = "uploads.duckdb"
_NAME: Final = re.compile(r"up_[0-9a-f]{12}")
_MADE: Final = "made_from"
"""The table in which the database records what it was made from. No upload can have this name."""


@dataclass(frozen=True, slots=True)
class UploadTables:
    """The folder with the tables of uploads. Methods raise StoreFailed if the folder can't be written to."""

    folder: Path

    @property
    def address(self) -> str:
        """The address of the connection `uploads`, which reads these tables."""
        return str(self.folder / DATABASE)

    def exists(self) -> bool:
        """Return whether anything was ever uploaded."""
        return (self.folder / DATABASE).exists()

    def keep(self, name: str, number: int, parquet: bytes) -> None:
        """Write one version of a table."""
        place = self._version(name, number)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
                file.write(parquet)
                file.flush()
                os.fsync(file.fileno())
            os.replace(file.name, place)
        except OSError as error:
            raise _failed(error) from error

    def read(self, name: str, number: int) -> bytes:
        """Return one version of a table as a Parquet file."""
        try:
            return self._version(name, number).read_bytes()
        except OSError as error:
            raise StoreFailed("This version of the upload is no longer on disk. Restore a backup.") from error

    def drop(self, name: str, number: int) -> None:
        """Delete one version of a table."""
        with suppress(OSError):
            self._version(name, number).unlink()

    def size(self) -> int:
        """Return the total size of all versions of all tables, in bytes."""
        return sum(self.size_of(folder.name) for folder in self._versions() if _NAME.fullmatch(folder.name))

    def size_of(self, name: str) -> int:
        """Return the total size of all versions of one table, in bytes."""
        with suppress(OSError):
            return sum(file.stat().st_size for file in (self.folder / "versions" / name).iterdir())
        return 0

    def show(self, read_current: Callable[[], Mapping[str, int]]) -> bool:
        """Make questions read the current version of each table, and return whether that changes anything.

        `read_current` returns version numbers by table. It's called while this process holds the lock, so that it can't
        return versions that another process has replaced. A version that is no longer on disk is left out, so only
        questions about it fail.
        """
        with self._locked():
            current = {name: number for name, number in read_current().items() if self._version(name, number).exists()}
            if self._made_from() == current:
                return False
            self._build(current)
            return True

    def _versions(self) -> list[Path]:
        try:
            return sorted((self.folder / "versions").iterdir())
        except OSError:
            return []

    def _version(self, name: str, number: int) -> Path:
        """Return the path of a version's file. Names and numbers are generated, so no user input is part of a path."""
        if not _NAME.fullmatch(name) or number < 1:
            raise ValueError("not the name of an upload's table")
        return self.folder / "versions" / name / f"{number}.parquet"

    def _made_from(self) -> dict[str, int] | None:
        path = self.folder / DATABASE
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                rows = connection.execute(f"SELECT name, number FROM {_MADE}").fetchall()
        except duckdb.Error:
            return None
        return dict(rows)

    def _build(self, current: Mapping[str, int]) -> None:
        scratch = Path(tempfile.mkdtemp(dir=self.folder, prefix="new-"))
        try:
            path = scratch / DATABASE
            with duckdb.connect(str(path), config={"autoload_known_extensions": False}) as connection:
                connection.execute(f"CREATE TABLE {_MADE} (name VARCHAR, number INTEGER)")
                for name, number in sorted(current.items()):
                    table = exp.to_identifier(name, quoted=True).sql("duckdb")
                    place = str(self._version(name, number))
                    connection.execute(f"CREATE TABLE {table} AS FROM read_parquet($1)", [_without_globs(place)])
                    connection.execute(f"INSERT INTO {_MADE} VALUES ($1, $2)", [name, number])
                connection.execute("CHECKPOINT")
            with path.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(path, self.folder / DATABASE)
        except (duckdb.Error, OSError) as error:
            raise _failed(error) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Generator[None]:
        """Hold a lock that only one process can have. The lock ends with the process, however that ends."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self.folder / "lock").open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise _failed(error) from error


def digest_of(parquet: bytes) -> str:
    """Return a digest that identifies the rows of a version."""
    return hashlib.sha256(parquet).hexdigest()


def _without_globs(place: str) -> str:
    return re.sub(r"[\[*?]", lambda match: f"[{match.group()}]", place)


def _failed(error: Exception) -> StoreFailed:
    reason = error.strerror if isinstance(error, OSError) else type(error).__name__
    return StoreFailed(f"The upload couldn't be kept ({reason}). Nothing was changed. Tell an administrator.")
