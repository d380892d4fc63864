"""The command `python -m semantic demo`, which builds the demo company in a folder.

It can also load the demo company into another engine.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from semantic.demo.company import build_company
from semantic.demo.load import load_company

_EXAMPLE = """example:
  python -m semantic demo --out data --orders 20000 --until 2026-06-30

writes data/company.duckdb and data/parquet/*.parquet. The same orders, seed and until give the same rows.

  python -m semantic demo --out data --load postgresql://user:password@localhost/shop

copies data/company.duckdb into PostgreSQL, and builds it first if it doesn't exist.
"""
_BAR = 30


def run(arguments: Sequence[str]) -> int:
    """Build the demo company, print the path of its DuckDB file, and return the exit code.

    The code is 0 for success, 1 for an error, and 2 for wrong usage.
    """
    parser = _parser()
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as left:
        # argparse has printed the error, or the help.
        return left.code if isinstance(left.code, int) else 2
    until: date = asked.until or date.today() - timedelta(days=1)
    path: Path = asked.out / "company.duckdb"
    try:
        if asked.load is None or not path.exists():
            path = build_company(asked.out, orders=asked.orders, seed=asked.seed, until=until, progress=_progress())
        if asked.load is not None:
            load_company(asked.load, path, _progress())
    except ConnectionError as error:
        print(f"\nThe demo company was not loaded: {error}", file=sys.stderr)
        return 1
    except (OSError, duckdb.Error) as error:
        print(f"\nThe demo company was not built: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; files that were there before are unchanged.", file=sys.stderr)
        return 1
    print(path)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic demo",
        description="Build the demo company: three years of an online shop in 50 tables.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; created if it doesn't exist")
    parser.add_argument("--load", metavar="URL", help="an engine to copy it into: postgresql://… or sc://…")
    parser.add_argument("--orders", type=_count, default=100_000, help="number of orders (default: 100000)")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another company (default: 7)")
    parser.add_argument("--until", type=_day, help="last day of the data, as 2026-06-30 (default: yesterday)")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of orders. Give a whole number from 1.")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a date. Write it like this: 2026-06-30.") from error


def _progress() -> Callable[[float, str], None]:
    """Return a function that shows progress: as a bar on a terminal, or else as a line for each step."""
    if not sys.stderr.isatty():
        return lambda part, step: print(f"{part:4.0%} {step}", file=sys.stderr, flush=True)

    def draw(part: float, step: str) -> None:
        done = round(part * _BAR)
        bar = "#" * done + "." * (_BAR - done)
        print(f"\r{bar} {part:4.0%} {step:<40.40}", end="\n" if part >= 1 else "", file=sys.stderr, flush=True)

    return draw
