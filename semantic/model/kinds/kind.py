"""The definition of a kind of metric: everything that the rest of the product needs to know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from semantic.model.definitions import Input, Measure, Metric
from semantic.model.files.doc import Doc
from semantic.model.kinds.reading import Reading
from semantic.model.model import Model

Keys = TypeVar("Keys", bound=Doc)

Names = Literal["metric", "measure", "input", "column", "entity"]
"""What a key's value can name. Completion suggests these names, and labels for metrics."""

MeasureOf = Callable[[Metric], "Measure | None"]
"""Returns the measure of a simple metric, or None if the model has no such measure."""


class Wording(Protocol):
    """Words for parts of a formula, for one reader. A metric that the reader can't see isn't named."""

    def label(self, name: str) -> str:
        """Return a metric's label, such as `Net revenue`."""
        ...

    def inside(self, name: str) -> str:
        """Return a metric's label for use inside a sentence, such as `net revenue`."""
        ...

    def input(self, metric_input: Input) -> str:
        """Return an input in words, such as `revenue`, `revenue 1 year before` or `revenue where market is DE`."""
        ...

    def measured(self, metric: Metric) -> str:
        """Return a simple metric in words, such as `the sum of net sales in orders, where status is not cancelled`."""
        ...

    def computed(self, metric: Metric) -> str:
        """Return a metric's expression in words, such as `revenue − cost`."""
        ...


def _no_problems(metric: Metric, metrics: Mapping[str, Metric], measure: MeasureOf) -> Iterator[str]:
    yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Keys]):
    """One kind of metric. `read` converts the kind's keys to fields of a Metric, which determine the metric's form.

    A kind that only combines existing forms therefore needs no change to the planner.
    """

    name: str  # as in `kind: ratio`
    title: str  # what people see when they choose a kind for a new metric
    means: str  # one sentence for the reference, without the name
    example: str  # one metric in YAML that works in a question

    keys: type[Keys]  # its own keys in a file
    needs: tuple[str, ...]
    names: Mapping[str, Names] = field(default_factory=dict[str, Names])  # keys that name something
    words: Mapping[str, str] = field(
        default_factory=dict[str, str]
    )  # a key in forms and lists of changes, if not as written
    every_period: bool = True  # whether it can have `every_period:`
    enough: Literal["", "rows", "denominator"] = ""  # what `enough:` counts; empty if it can't have one

    read: Callable[[Keys, Reading], Mapping[str, Any]]  # Any: the fields of a Metric
    problems: Callable[[Metric, Mapping[str, Metric], MeasureOf], Iterator[str]] = _no_problems

    formula: Callable[[Metric, Wording], str]  # without a full stop
    called: Callable[[Metric, Model], str]  # `Rolling 28 days`
    group: Callable[[Metric, Model], str]  # for filters in the catalogue: `Rolling`
    searched: Callable[[Metric, Model], tuple[str, ...]] = lambda metric, model: ()  # other words people type

    @property
    def optional(self) -> tuple[str, ...]:
        """The kind's optional keys."""
        return tuple(key for key in self.keys.model_fields if key not in self.needs)
