"""The contract of an analysis: one record of plain numbers goes in, one finding comes out.

To add an analysis, write its module here with one `Analysis`, add it to ANALYSES (semantic/analyses/__init__.py), and
add an input for each of its conclusions to tests/semantic/analyses/test_contract.py. The caller gets the numbers from
the workspace, under the reader's policy, and shows the finding. An analysis itself runs no query and reads no clock.
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

    `reason` explains the conclusion in sentences, or why there isn't one. `figures` are the numbers that it is based
    on, by name, None if unknown. `detail` is the analysis's own complete record, for pages that show more.
    """

    conclusion: StrEnum
    reason: str
    figures: Mapping[str, float | None]
    detail: Detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Generic[Given, Detail]):
    """One analysis.

    `find` takes an instance of `given`, doesn't change it, and returns equal findings for equal inputs.
    """

    name: str  # that of its module
    question: str  # what it answers, in a person's words
    given: type[Given]  # a frozen dataclass
    conclusions: type[StrEnum]
    find: Callable[[Given], Finding[Detail]]
