"""Check the definitions of named analyses.

The kinds of analyses belong to a higher layer (semantic/analyses), which provides a reader for their definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from semantic.errors import Problem
from semantic.model.files.sources import Source
from semantic.model.files.yaml_text import Path
from semantic.model.model import Model
from semantic.model.named_analyses import NamedAnalysis


@dataclass(frozen=True, slots=True)
class DefinitionProblem:
    """A problem in the definition of an analysis: the message, its place and a remedy."""

    path: Path
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class DefinitionReader:
    """Reads the definitions of analyses: their problems, their kinds, and the keys under a path."""

    problems: Callable[[NamedAnalysis, Model], Iterable[DefinitionProblem]]
    kinds: Sequence[str]
    keys: Callable[[str, Sequence[str]], Sequence[str]]


_readers: Final[list[DefinitionReader]] = []


def read_definitions_with(reader: DefinitionReader) -> None:
    """Set the reader that checks definitions of analyses. The package `semantic` does this on import."""
    _readers[:] = [reader]


def definition_reader() -> DefinitionReader:
    """Return the reader that checks definitions of analyses."""
    return _readers[0]


def analysis_problems(model: Model, places: Mapping[str, tuple[Source, Path]]) -> Iterator[Problem]:
    """Yield each problem in the definitions of named analyses, with its line."""
    for analysis in model.analyses.values():
        source, path = places[analysis.name]
        for wrong in definition_reader().problems(analysis, model):
            yield Problem(source.file, source.line((*path, *wrong.path)), wrong.message, wrong.remedy)
