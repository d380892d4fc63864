"""How a command of the shell begins and ends: what is asked is read, errors are sentences, a code says how it went."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from semantic.errors import SemanticError, SettingsError, with_place

OK, WRONG, USAGE = 0, 1, 2


def run_command(
    parser: argparse.ArgumentParser, arguments: Sequence[str], act: Callable[[argparse.Namespace], int | None]
) -> int:
    """Does what is asked and gives its exit code: that of `act`, 0 for None; 1 for an error, 2 for wrong usage."""
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as left:
        # argparse has said what is wrong, or printed the help that was asked for.
        return left.code if isinstance(left.code, int) else USAGE
    try:
        return act(asked) or OK
    except (SemanticError, SettingsError, OSError) as error:
        print(with_place(error), file=sys.stderr)
        return WRONG
