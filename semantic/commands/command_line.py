"""Run any shell command: parse its arguments, print errors as sentences, and return its exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from semantic.errors import SemanticError, SettingsError, with_place

OK, WRONG, USAGE = 0, 1, 2


def run_command(
    parser: argparse.ArgumentParser, arguments: Sequence[str], act: Callable[[argparse.Namespace], int | None]
) -> int:
    """Run a command and return its exit code.

    The code is the one that `act` returns (0 for None), 1 for an error, and 2 for wrong usage.
    """
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as left:
        # argparse has printed the error, or the help.
        return left.code if isinstance(left.code, int) else USAGE
    try:
        return act(asked) or OK
    except (SemanticError, SettingsError, OSError) as error:
        print(with_place(error), file=sys.stderr)
        return WRONG
