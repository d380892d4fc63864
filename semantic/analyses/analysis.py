"""The contract of an analysis: one record of plain numbers goes in, one finding comes out.

To add an analysis: write its module here with one `Analysis`, name it in ANALYSES (semantic/analyses/__init__.py), and
give tests/semantic/analyses/test_contract.py an input for each of its conclusions. The caller gets the numbers from the
workspace, under the reader's policy, and shows the finding. An analysis itself asks nothing and reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Given = TypeVar("Given")
Detail = TypeVar("Detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Generic[Detail]):
    """What an analysis concluded.

    `reason` says in sentences how, or why it can't say more. `figures` are the numbers it is based on, by name; None
    for unknown ones. `detail` is the analysis's own complete record, for pages that show more.
    """

    conclusion: StrEnum
    reason: str
    figures: Mapping[str, float | None]
    detail: Detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Generic[Given, Detail]):
    """One analysis. `find` depends only on `given`, doesn't change it, and returns equal findings for equal inputs."""

    name: str  # that of its module
    question: str  # what it answers, in a person's words
    given: type[Given]  # a frozen dataclass
    conclusions: type[StrEnum]
    find: Callable[[Given], Finding[Detail]]
