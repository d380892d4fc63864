"""Find DuckDB's data: a DuckDB file, or Parquet and CSV files to read into native tables.

Views over files don't work once external access is off, and access to a directory would also allow writing to it. Files
are therefore read into tables before external access is turned off.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
from sqlglot import exp

from connectors.connector import Unavailable

MOST_FILE_BYTES: Final = 2 * 1024**3
_MISSING: Final = "There is no data: its path has no file or folder."
_READERS: Final = {
    ".parquet": "read_parquet($1, hive_partitioning = false)",
    ".csv": "read_csv($1, sample_size = -1, hive_partitioning = false)",  # -1: types are inferred from the whole file
}


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """A DuckDB file. It's read in place, so a change to it makes a running answer invalid."""

    path: Path

    def version(self) -> str:
        """Return a digest that changes when the file is replaced or changed. Raises Unavailable if it can't be read."""
        identity = _identify(self.path)
        log = self.path.with_name(self.path.name + ".wal")
        return _digest([identity, _identify(log)] if log.exists() else [identity])

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the file read-only as the catalogue `data`. Raises Unavailable."""
        try:
            connection.execute(f"ATTACH {_literal(str(self.path))} AS data (READ_ONLY, TYPE duckdb)")
        except duckdb.Error as error:
            sentence = "The data cannot be opened as a DuckDB file."
            raise Unavailable(sentence, place=str(self.path), detail=str(error)) from None

    def inode(self) -> int | None:
        """Return the inode of the file that is at the path now, or None if there is none."""
        try:
            return os.stat(self.path).st_ino
        except OSError:
            return None


@dataclass(frozen=True, slots=True)
class TableFiles:
    """A Parquet or CSV file, or a folder of them without its subfolders. Each file becomes a table of its name."""

    path: Path

    def version(self) -> str:
        return _digest([_identify(file) for file in self.files()])

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the files into native tables of an in-memory catalogue `data`. Raises Unavailable.

        If a file can't be read, the error's `place` is that file, with the reason.
        """
        files = self.files()
        _check_names(files)
        size = sum(file.stat().st_size for file in files)
        if size > MOST_FILE_BYTES:
            raise Unavailable(
                f"The data is {size / 1024**3:.1f} GB of files; at most {MOST_FILE_BYTES / 1024**3:.0f} GB can be "
                "read into memory. Put them in a DuckDB file and connect to that.",
                place=str(self.path),
            )
        connection.execute("ATTACH ':memory:' AS data")
        for file in files:
            table = exp.to_identifier(file.stem, quoted=True).sql("duckdb")
            reader = _READERS[file.suffix.lower()]
            try:
                connection.execute(f"CREATE TABLE data.main.{table} AS FROM {reader}", [_without_globs(file)])
            except duckdb.Error as error:
                # People who connect a file can read it, so the engine's reason is shown to them, and to no one else.
                reason = str(error).partition("\n")[0]
                sentence = f"A file of the data cannot be read as {file.suffix[1:]}."
                raise Unavailable(sentence, place=f"{file}: {reason}", detail=str(error)) from None

    def inode(self) -> int | None:
        return None  # the tables are copies: changes to the files don't affect them

    def files(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        try:
            files = sorted(
                file
                for file in self.path.iterdir()
                if file.suffix.lower() in _READERS and not file.name.startswith(".") and file.is_file()
            )
        except OSError as error:
            raise _unreadable(self.path, error) from None
        if not files:
            raise Unavailable("The data folder has no Parquet or CSV files.", place=str(self.path))
        return files


Source = DatabaseFile | TableFiles


def source_at(path: Path) -> Source:
    """Return the source at a path. Raises Unavailable if nothing is there, or if it's of another kind."""
    if not path.exists():
        raise Unavailable(_MISSING, place=str(path))
    if path.is_dir() or path.suffix.lower() in _READERS:
        return TableFiles(path)
    if path.suffix.lower() in {".duckdb", ".ddb", ".db"}:
        return DatabaseFile(path)
    raise Unavailable(
        "The data is neither a DuckDB file (.duckdb), a Parquet or CSV file, nor a folder of these.", place=str(path)
    )


def _identify(file: Path) -> str:
    try:
        status = os.stat(file)
    except OSError as error:
        raise _unreadable(file, error) from None
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for a writer
        raise Unavailable("The data is a pipe, a socket or a device, not a file.", place=str(file))
    return f"{file}\0{status.st_dev}\0{status.st_ino}\0{status.st_size}\0{status.st_mtime_ns}"


def _unreadable(path: Path, error: OSError) -> Unavailable:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Unavailable(_MISSING, place=str(path))
    return Unavailable("The data cannot be read.", place=f"{path}: {error.strerror}")


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _check_names(files: list[Path]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        other = seen.setdefault(file.stem.lower(), file)
        if other is not file:
            raise Unavailable(
                "Two data files would become the same table. Rename one.", place=f"{other.name} and {file.name}"
            )


def _without_globs(file: Path) -> str:
    return re.sub(r"[\[*?]", lambda match: f"[{match.group()}]", str(file))


def _literal(text: str) -> str:
    return exp.Literal.string(text).sql("duckdb")
