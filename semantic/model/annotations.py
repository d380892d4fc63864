"""The source of annotations: a dataset with one dated note per row."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.model.definitions import Described, Names


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationSource(Described):
    """A dataset of dated notes, with the dimensions that hold a note's text, kind, first day and last day.

    `concerns` names dimensions that the dataset can reach. A note applies to the member that it names, or to all
    members if it names none. Notes appear on the charts of `metrics`.
    """

    dataset: str
    text: str
    starts: str
    ends: str = ""
    kind: str = ""
    concerns: tuple[str, ...] = ()
    metrics: Names

    @property
    def dimensions(self) -> tuple[str, ...]:
        """All dimensions that the source uses."""
        return tuple(name for name in (self.text, self.starts, self.ends, self.kind, *self.concerns) if name)
