"""Read what several kinds of metrics have in common: lengths of time, and the inputs of a formula."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from semantic.model.definitions import CalendarSpan, Granularity, Input, Span
from semantic.model.expression import Expression
from semantic.model.files.doc import InputDoc
from semantic.model.files.yaml_text import Path as YamlPath

_SPAN = re.compile(r"^\s*(\d{1,4})\s+(second|minute|hour|day|week|month|quarter|year)s?\s*$", re.IGNORECASE)

_PERIODS = re.compile(r"^\s*([1-9]\d{0,3})\s+([a-z][a-z0-9_]{0,62})\s*$")

Problems = Callable[[YamlPath, str, str], None]
Expressions = Callable[[str, YamlPath], Expression]


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads one metric: it knows the metric's place in its file, parses expressions, and reports problems."""

    name: str
    path: YamlPath
    parse: Expressions
    parse_condition: Expressions
    report: Problems

    def problem(self, key: str, message: str, remedy: str) -> None:
        """Report a problem with a key, or with the metric if `key` is empty."""
        self.report((*self.path, key) if key else self.path, message, remedy)

    def expression(self, key: str, text: str) -> Expression:
        return self.parse(text, (*self.path, key))

    def span(self, key: str, text: str) -> Span | None:
        """Return a length of time such as `28 days`. For an invalid text, report a problem and return None."""
        return self._span(text, (*self.path, key))

    def offset(self, key: str, text: str) -> Span | CalendarSpan | None:
        """Return a length of time, or a number of calendar periods.

        For an invalid text, report a problem and return None.
        """
        return self._offset(text, (*self.path, key))

    def inputs(self, names: Iterable[str], stated: Sequence[InputDoc]) -> tuple[Input, ...]:
        """Return the inputs of a formula with these names, in order of first use, each as `stated` defines it."""
        return tuple(self._inputs(tuple(names), stated))

    def _inputs(self, names: tuple[str, ...], stated: Sequence[InputDoc]) -> Iterator[Input]:
        known: dict[str, Input] = {}
        for index, doc in enumerate(stated):
            here = (*self.path, "inputs", index)
            name = doc.name or doc.metric
            if name in known:
                message = f"The input {name!r} of {self.name!r} is defined twice."
                self.report(here, message, "Give one of them another `name:`.")
            if doc.offset and doc.offset_to:
                message = f"The input {name!r} of {self.name!r} has two offsets."
                self.report(here, message, "Keep `offset:` or `offset_to:`.")
            known[name] = Input(
                name,
                doc.metric,
                self.parse_condition(doc.where, (*here, "where")) if doc.where else None,
                self._offset(doc.offset, (*here, "offset")) if doc.offset else None,
                Granularity(doc.offset_to) if doc.offset_to else None,
            )
        for name in known:
            if name not in names:
                message = f"The metric {self.name!r} does not use its input {name!r}."
                self.report(self.path, message, "Remove it.")
        yield from (known.get(name, Input(name, name)) for name in names)

    def _offset(self, text: str, path: YamlPath) -> Span | CalendarSpan | None:
        own = _PERIODS.match(text)
        if own is None or _SPAN.match(text):
            return self._span(text, path)
        return CalendarSpan(int(own[1]), own[2])

    def _span(self, text: str, path: YamlPath) -> Span | None:
        match = _SPAN.match(text)
        if match is None or int(match[1]) == 0:
            self.report(path, f"{text!r} is not a length of time.", "Write it like `28 days` or `1 month`.")
            return None
        return Span(int(match[1]), Granularity(match[2].lower()))


def of_others(uses: tuple[Input, ...]) -> dict[str, object]:
    """Return the fields of a Metric that uses other metrics: their names, and how it uses each of them."""
    return {"uses": uses, "inputs": tuple(use.metric for use in uses)}
