"""The dataset with dated remarks, if the model has one."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.model.definitions import Described, Names


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationSource(Described):
    """A dataset of dated remarks: its dimensions for the text, the kind, and the first and last day.

    `concerns` names dimensions that its rows reach. A remark is about the member of such a dimension, or about all
    members if it has none. The remarks are shown on the charts of `metrics`.
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
        """Every dimension that the source uses."""
        return tuple(name for name in (self.text, self.starts, self.ends, self.kind, *self.concerns) if name)
