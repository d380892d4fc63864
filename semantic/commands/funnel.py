"""The command `python -m semantic funnel`: like `analyze`, but always with a funnel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.funnel import FUNNEL
from semantic.commands.analyze import act, analysis_parser
from semantic.commands.command_line import run_command

_EXAMPLE: Final = """example:
  python -m semantic funnel '{"subject": "session", "steps": ["product_view_sessions", "cart_sessions"]}'

each step is a metric whose rows are the events, or an object with metric, where, name and within. Optional keys:
  time, where, time_zone       the period in which tries begin, filters for every event, the time zone
  order                        loose (default), strict or any
  within                       the longest time from the start of a try, such as "7 days"
  attempt                      first (default) or best
  exclude, among, hold         events that end a try; rows that strict order counts too; a dimension that stays the same
  by, by_step, over            a dimension, of the first, last or a given step; a period such as week
  once                         overall (default), or each: everyone counts once in each period of over
"""


def run(arguments: Sequence[str]) -> int:
    """Run a funnel, and return the exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    parser = analysis_parser("funnel", "Count how many got from each step to the next.", _EXAMPLE)
    return run_command(
        parser, arguments, lambda asked: act(asked, lambda data, seen: Analysis(FUNNEL, FUNNEL.read(data)))
    )
