"""Paths, a kind of analysis: its question, data format, SQL, finding, and counting rule."""

from __future__ import annotations

from dataclasses import replace

from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.paths.data import paths_data, read_paths
from semantic.analyses.events.paths.finding import PathsFound, find_paths
from semantic.analyses.events.paths.lower import lower_paths
from semantic.analyses.events.paths.parts import PATHS_PARTS
from semantic.analyses.events.paths.question import Paths, paths_reads
from semantic.analyses.events.paths.rule import paths_chance, paths_rule

PATHS: EventKind[Paths, PathsFound] = EventKind(
    name="paths",
    label="Paths",
    read=read_paths,
    data=paths_data,
    reads=paths_reads,
    lower=lower_paths,
    find=find_paths,
    rule=paths_rule,
    tells_samples=True,
    leaves_out_few=True,
    compares=True,
    beside=lambda paths: replace(paths, is_compared=True),
    chance=paths_chance,
    parts=PATHS_PARTS,
)
