"""The command `python -m semantic interchange`.

It converts models from and to other tools' formats, and lists the definitions that are lost.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from semantic.commands.command_line import OK, WRONG, run_command
from semantic.display.format import counted
from semantic.interop.beside import BESIDE
from semantic.interop.column_types import Columns, no_columns
from semantic.interop.cube.exporting import export_cube
from semantic.interop.cube.importing import import_cube
from semantic.interop.dbt.artifacts import ARTIFACTS
from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.dbt.importing import QUESTIONS, import_dbt
from semantic.interop.loss import Loss, counted_by_cause
from semantic.interop.osi.exporting import export_osi
from semantic.interop.osi.importing import import_osi
from semantic.interop.project import read_project
from semantic.model.loading.load import read_folder
from semantic.run.columns import engine_columns

_EXAMPLE = """example:
  python -m semantic interchange import dbt models/ --out model --connect data/shop.duckdb --schema analytics
  python -m semantic interchange import cube model/cubes --out model --connect data/shop.duckdb
  python -m semantic interchange export osi model --out osi
"""

Files = Mapping[str, str]
Carried = tuple[Files, tuple[Loss, ...]]


def _import_dbt(files: Files, columns: Columns, schema: str) -> Carried:
    imported = import_dbt(files, columns=columns, schema=schema)
    return imported.written(), imported.losses


def _export_dbt(files: Files) -> Carried:
    exported = export_dbt(files)
    return exported.files, exported.losses


def _import_cube(files: Files, columns: Columns, schema: str) -> Carried:
    del schema  # a cube gives its table with its schema
    imported = import_cube(files, columns=columns)
    return imported.files, imported.losses


def _export_cube(files: Files) -> Carried:
    exported = export_cube(files)
    return exported.files, exported.losses


def _import_osi(files: Files, columns: Columns, schema: str) -> Carried:
    del schema  # a dataset gives its table with its schema
    imported = import_osi(files, columns=columns)
    return imported.files, imported.losses


def _export_osi(files: Files) -> Carried:
    exported = export_osi(files)
    return exported.files, exported.losses


IMPORTS: dict[str, Callable[[Files, Columns, str], Carried]] = {
    "cube": _import_cube,
    "dbt": _import_dbt,
    "osi": _import_osi,
}
EXPORTS: dict[str, Callable[[Files], Carried]] = {"cube": _export_cube, "dbt": _export_dbt, "osi": _export_osi}
_BESIDE = {"cube": BESIDE, "dbt": QUESTIONS, "osi": BESIDE}
"""The file that an import writes next to the model's files. An export to the same tool reads it."""


def run(arguments: Sequence[str]) -> int:
    """Write the converted files, print each loss, and return the exit code.

    The code is 0 for success, 1 for an error, and 2 for wrong usage.
    """
    return run_command(_parser(), arguments, _act)


def _act(asked: argparse.Namespace) -> int:
    files, losses = _import(asked) if asked.way == "import" else _export(asked)
    if taken := _write(asked.out, files):
        print(f"{asked.out} isn't empty: it contains {taken}. Choose an empty folder with --out.", file=sys.stderr)
        return WRONG
    for loss in losses:
        print(f"- {loss}")
    print(
        f"{asked.out}: {counted(len(files), 'file')}. Not converted: {counted(len(losses), 'thing')}.", file=sys.stderr
    )
    for line in counted_by_cause(losses) if len(losses) > 1 else ():
        print(f"  {line}", file=sys.stderr)
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic interchange",
        description="Import another tool's model, or export one for it, and list what couldn't be converted.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("way", choices=("import", "export"), help="into a Samepage model, or out of one")
    parser.add_argument("format", choices=sorted(IMPORTS), help="the other tool")
    parser.add_argument("folder", type=Path, help="where the files to read are")
    parser.add_argument(
        "--out", type=Path, required=True, help="an empty folder to write to; created if it doesn't exist"
    )
    parser.add_argument("--connect", metavar="URL", help="import: an engine to read the tables' columns and types from")
    parser.add_argument("--schema", default="", help="import: where dbt builds the models named by ref()")
    return parser


def _import(asked: argparse.Namespace) -> Carried:
    files, unread = read_project(asked.folder, ARTIFACTS if asked.format == "dbt" else ())
    with engine_columns(asked.connect) if asked.connect else nullcontext(no_columns) as columns:
        made, losses = IMPORTS[asked.format](files, columns, asked.schema)
    return made, (*unread, *losses)


def _export(asked: argparse.Namespace) -> Carried:
    files = read_folder(asked.folder)
    left = asked.folder / _BESIDE[asked.format]
    beside = {left.name: left.read_text(encoding="utf-8")} if left.exists() else {}
    return EXPORTS[asked.format]({**files, **beside})


def _write(folder: Path, files: Files) -> str:
    """Write the files into a folder. If one of them already exists, write nothing and return its name."""
    path = next(folder.iterdir(), None) if folder.exists() else None
    if path is not None:
        return path.name
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return ""
