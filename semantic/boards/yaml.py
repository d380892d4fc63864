"""Write a board as YAML for review in git. Short questions and related values are on one line."""

from __future__ import annotations

from typing import Any

import yaml

from semantic.boards.board import Board
from semantic.boards.data import board_to_data

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
LONGEST_LINE = 120


class _Writer(_Dumper):
    """Writes YAML without anchors, which Samepage doesn't support. Texts with several lines become blocks."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def board_to_yaml(board: Board) -> str:
    """Return the board as YAML text that reads back as the same board."""
    return yaml.dump(
        board_to_data(board), Dumper=_Writer, sort_keys=False, allow_unicode=True, width=LONGEST_LINE,
        default_flow_style=None,
    )  # fmt: skip
