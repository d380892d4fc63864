"""Check named analyses and the keys in their definitions.

The kinds of analyses are in a higher layer (semantic/analyses), which provides the reader of their definitions.
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
    """A problem in a definition: what is wrong, where, and what to do."""

    path: Path
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class DefinitionReader:
    """Reads the definitions of analyses. It has the problems of a definition, the kinds, and the keys under a path."""

    problems: Callable[[NamedAnalysis, Model], Iterable[DefinitionProblem]]
    kinds: Sequence[str]
    keys: Callable[[str, Sequence[str]], Sequence[str]]


_readers: Final[list[DefinitionReader]] = []


def read_definitions_with(reader: DefinitionReader) -> None:
    """Use this reader from now on. `semantic` calls this when it's imported."""
    _readers[:] = [reader]


def definition_reader() -> DefinitionReader:
    """Return the reader of definitions."""
    return _readers[0]


def analysis_problems(model: Model, places: Mapping[str, tuple[Source, Path]]) -> Iterator[Problem]:
    """Yield the problems with the definitions of named analyses, each with its line."""
    for analysis in model.analyses.values():
        source, path = places[analysis.name]
        for wrong in definition_reader().problems(analysis, model):
            yield Problem(source.file, source.line((*path, *wrong.path)), wrong.message, wrong.remedy)
