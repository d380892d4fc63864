"""The contract of an analysis: it takes one record of plain numbers, and returns one finding.

To add an analysis, write a module here that defines one `Analysis`, and add it to ANALYSES
(semantic/analyses/__init__.py). Then add an input for each of its conclusions to
tests/semantic/analyses/test_contract.py. The caller gets the numbers from the workspace, under the reader's policy, and
shows the finding. The analysis itself runs no query and reads no clock.
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
    """The conclusion of an analysis.

    `reason` explains the conclusion in sentences, or why there is none. `figures` has the numbers behind it by name,
    None if unknown. `detail` is the analysis's complete result, for pages that show more.
    """

    conclusion: StrEnum
    reason: str
    figures: Mapping[str, float | None]
    detail: Detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Generic[Given, Detail]):
    """The definition of one analysis.

    `find` takes an instance of `given`, doesn't change it, and returns equal findings for equal inputs.
    """

    name: str  # the name of its module
    question: str  # the question that it answers, as a person would ask it
    given: type[Given]  # a frozen dataclass
    conclusions: type[StrEnum]
    find: Callable[[Given], Finding[Detail]]
