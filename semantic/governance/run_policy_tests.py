"""Run a model's policy tests, and report for each failure what was expected and what happened.

Tests of names and refusals only compile questions. Tests of rows need an engine.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Literal

from semantic.compile import compile_visible
from semantic.errors import InvalidQuery, Problem, SemanticError
from semantic.model.model import Model
from semantic.model.policy_tests import Cells, PolicyTest, SeenValues
from semantic.policy.actor import Actor, Attribute
from semantic.policy.links import reader_of_link
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.data import column_name, query_from_data
from semantic.query.names import read_name
from semantic.query.query import DATE, Query
from semantic.results.result import Result
from semantic.sql.dialects.table import Dialect, find_dialect

Ask = Callable[[Query, Actor], Result]
"""Answers a question for an actor. Raises SemanticError."""

HIDDEN = "Details are hidden because they include data you can't see."
MOST_SHOWN = 12  # rows, values or names in a sentence
_WHOLE = frozenset({"limit", "n", "last", "back", "periods", "v"})
_TRUTH = frozenset({"desc", "complete", "other", "ascending", "every_period", "each_row", "ranges"})
NO_PEOPLE: Mapping[str, Actor] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """The result of one policy test.

    `says` is what was expected, what happened, and for which actor, or "" if the test passed.
    """

    test: PolicyTest
    verdict: Literal["holds", "fails", "not_asked"]
    says: str = ""

    @property
    def ok(self) -> bool:
        """Whether the test passed or didn't run. It's false only if the test ran and failed."""
        return self.verdict != "fails"

    def __str__(self) -> str:
        where = f"{self.test.file}:{self.test.line}"
        return f"{where}: The policy test {self.test.name!r}" + (f": {self.says}" if self.says else " holds.")


def run_policy_tests(
    model: Model,
    people: Mapping[str, Actor] = NO_PEOPLE,
    *,
    today: date,
    dialect: Dialect | None = None,
    ask: Ask | None = None,
) -> tuple[PolicyFinding, ...]:
    """Return the result of each policy test of a model, in order. No valid model makes it raise an error.

    `people` are the people that tests can name. Without `ask`, tests of rows don't run.
    """
    spoken = dialect or find_dialect("duckdb")
    return tuple(_run(test, model, people, today, spoken, ask) for test in model.policy_tests)


def says_to(finding: PolicyFinding, seen: VisibleModel) -> str:
    """Return a result in words for one reader.

    Other people's rows only appear if the reader can see all of them unmasked.
    """
    is_shown = not finding.test.needs_rows or finding.ok or _sees_as_it_is(finding.test, seen)
    return finding.says if is_shown else HIDDEN


def _sees_as_it_is(test: PolicyTest, seen: VisibleModel) -> bool:
    """Return whether a reader sees everything in a test as it is.

    No row rule, mask or minimum group size applies to them, and no name in the test is hidden from them.
    """
    if seen.rules or seen.min_groups or any(policy.masks for policy in seen.policies):
        return False
    model = seen.model
    there = {*model.metrics, *model.dimensions, *model.segments}
    shown = {field.name for field in (*seen.metrics, *seen.dimensions, *seen.segments)}
    return (names_in(test, model) & there) <= shown


def failures(findings: Iterable[PolicyFinding], seen: VisibleModel | None = None) -> Iterator[Problem]:
    """Yield a problem with its place in the files for each failed test. Failed tests block publishing.

    `seen` is what the reader can see. Without it, everything is shown.
    """
    for finding in findings:
        if not finding.ok:
            says = finding.says if seen is None else says_to(finding, seen)
            message = f"The policy test {finding.test.name!r} failed: {says}"
            yield Problem(finding.test.file, finding.test.line, message, "Fix the policy, or update the test.")


def asker_of(test: PolicyTest, people: Mapping[str, Actor]) -> Actor | None:
    """Return the actor of a test, or None if the test names an unknown person."""
    if test.person:
        return people.get(test.person)
    if test.audience:
        return reader_of_link(test.audience)
    attributes: dict[str, Attribute] = {
        attribute.name: attribute.values if attribute.several else attribute.values[0] for attribute in test.attributes
    }
    return Actor(
        id="person of a policy test",  # no id has a space, so no policy can name this one
        name="Someone",
        roles=test.roles,
        groups=test.groups,
        attributes=MappingProxyType(attributes),
    )


def who_words(test: PolicyTest, people: Mapping[str, Actor]) -> str:
    """Return the actor of a test in words: a name, or the roles, groups and attributes that the test defines."""
    if test.person:
        actor = people.get(test.person)
        return actor.short_name if actor else test.person
    if test.audience:
        return f"a reader of the audience {test.audience}"
    parts = [
        *(f"role {role}" for role in sorted(test.roles)),
        *(f"group {group}" for group in sorted(test.groups)),
        *(f"{attribute.name} {', '.join(attribute.values)}" for attribute in test.attributes),
    ]
    return f"someone with {', '.join(parts)}" if parts else "someone without a role"


def names_in(test: PolicyTest, model: Model) -> frozenset[str]:
    """Return every metric, dimension and segment that a test names.

    Those in its question are included only if the question can be read.
    """
    written = {
        *test.metrics,
        *test.dimensions,
        *test.segments,
        *test.hidden,
        *(values.dimension for values in test.values),
    }
    try:
        asked = _named(question_of(test, model), model) if test.ask else []
    except InvalidQuery:
        asked = []
    return frozenset({*written, *asked} - {DATE})


def _run(
    test: PolicyTest, model: Model, people: Mapping[str, Actor], today: date, dialect: Dialect, ask: Ask | None
) -> PolicyFinding:
    asker, who = asker_of(test, people), who_words(test, people)
    if asker is None:
        return PolicyFinding(test, "fails", f"There's no person called {test.person!r}.")
    seen = narrow(model, asker)
    findings = list(_name_findings(test, seen, who))
    if test.ask:
        try:
            query = question_of(test, model)
        except InvalidQuery as wrong:
            return PolicyFinding(test, "fails", f"The question can't be read. {wrong}")
        missing = [name for name in _named(query, model) if not _exists(name, model)]
        if missing:  # an unknown name is refused for everyone, so the test couldn't fail
            return PolicyFinding(
                test, "fails", f"The question asks for {', '.join(missing)}, which the model doesn't have."
            )
        if test.refused:
            findings += _refusal_findings(test, query, seen, who, today, dialect)
        elif ask is None:
            return PolicyFinding(test, "fails" if findings else "not_asked", " ".join(findings))
        else:
            findings += _row_findings(test, query, asker, who, ask)
    return PolicyFinding(test, "fails" if findings else "holds", " ".join(findings))


# Names


def _name_findings(test: PolicyTest, seen: VisibleModel, who: str) -> Iterator[str]:
    there = {
        "metrics": {metric.name for metric in seen.metrics},
        "dimensions": {dimension.name for dimension in seen.dimensions},
        "segments": {segment.name for segment in seen.segments},
    }
    for kind, wanted in (("metrics", test.metrics), ("dimensions", test.dimensions), ("segments", test.segments)):
        if missing := [name for name in wanted if name not in there[kind]]:
            yield f"Expected {who} to see the {kind} {_listed(missing)}, but they're hidden."
    everything = set[str]().union(*there.values())
    if shown := [name for name in test.hidden if name in everything]:
        yield f"Expected {_listed(shown)} to be hidden from {who}, but it can be seen."


def _refusal_findings(
    test: PolicyTest, query: Query, seen: VisibleModel, who: str, today: date, dialect: Dialect
) -> Iterator[str]:
    try:
        compile_visible(seen, query, dialect, today=today)
    except SemanticError as error:
        if error.code != test.refused:
            yield f"Expected a refusal for {who} with {test.refused}, but got {error.code}: {error.title}"
        return
    yield f"Expected a refusal for {who} with {test.refused}, but the question was answered."


def _named(query: Query, model: Model) -> list[str]:
    dimensions = (breakdown.dim for breakdown in query.by)
    return [*query.metrics, *(read_name(dim, model).dim for dim in dimensions)]


def _exists(name: str, model: Model) -> bool:
    return name == DATE or name in model.metrics or name in model.dimensions


# Rows


def _row_findings(test: PolicyTest, query: Query, asker: Actor, who: str, ask: Ask) -> Iterator[str]:
    try:
        result = ask(query, asker)
    except SemanticError as error:
        yield f"Expected an answer for {who}, but the question was refused with {error.code}: {error.title}"
        return
    if test.rows is not None:
        yield from _differing_rows(test.rows, result, who, is_ordered=bool(query.order))
    for values in test.values:
        yield from _differing_values(values, query, result, who)


def _differing_rows(wanted: Sequence[Cells], result: Result, who: str, *, is_ordered: bool) -> Iterator[str]:
    names = [column.name for column in result.columns]
    rows = [tuple(row[name] for name in names) for row in result.rows()]
    left = list(rows)
    is_equal = len(rows) == len(wanted)
    for place, row in enumerate(wanted):
        match = next((candidate for candidate in left if _same_row(row, candidate)), None)
        if match is None or (is_ordered and is_equal and not _same_row(row, rows[place])):
            is_equal = False
            break
        left.remove(match)
    if not is_equal:
        yield f"Expected {who} to see {_rows_text(wanted)}, but got {_rows_text([_texts(cell) for cell in rows])}."


def _differing_values(wanted: SeenValues, query: Query, result: Result, who: str) -> Iterator[str]:
    names = [
        column_name(breakdown) for breakdown in query.by if wanted.dimension in (breakdown.dim, column_name(breakdown))
    ]
    if not names:
        yield f"The test checks values of {wanted.dimension!r}, but the question isn't broken down by it."
        return
    texts = list(dict.fromkeys(_text(value) for value in result.table.column(names[0]).to_pylist()))
    if Counter(texts) != Counter(wanted.values):
        expected, seen = _row_text(wanted.values), _row_text(texts)
        yield f"Expected {who} to see the values {expected} of {wanted.dimension}, but got {seen}."


def _same_row(wanted: Cells, row: Sequence[object]) -> bool:
    return len(wanted) == len(row) and all(_same(text, value) for text, value in zip(wanted, row, strict=True))


def _same(wanted: str | None, value: object) -> bool:
    """Return whether a value is the expected one. Numbers are rounded to as many digits as expected."""
    if wanted is None or value is None:
        return wanted is value
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return wanted == _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return False
    try:
        number = Decimal(wanted.replace("_", ""))
        digits = number.as_tuple().exponent
        if not isinstance(digits, int):
            return False
        step = Decimal(1).scaleb(min(digits, 0))
        return Decimal(str(value)).quantize(step, ROUND_HALF_UP) == number
    except InvalidOperation:
        return False


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def _texts(row: Sequence[object]) -> Cells:
    return tuple(_text(cell) for cell in row)


def _rows_text(rows: Sequence[Cells]) -> str:
    if not rows:
        return "no rows"
    more = f" and {len(rows) - MOST_SHOWN} more" if len(rows) > MOST_SHOWN else ""
    return ", ".join(_row_text(cell) for cell in rows[:MOST_SHOWN]) + more


def _row_text(row: Sequence[str | None]) -> str:
    more = [f"… {len(row) - MOST_SHOWN} more"] if len(row) > MOST_SHOWN else []
    return f"[{', '.join(['null' if cell is None else cell for cell in row[:MOST_SHOWN]] + more)}]"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(names[:MOST_SHOWN]) + more


# The question: its scalars are text (decision 33), and each is typed according to its position


def question_of(test: PolicyTest, model: Model) -> Query:
    """Return the question of a test. Raises InvalidQuery."""
    return query_from_data(_typed(json.loads(test.ask), model))


def _typed(data: Any, model: Model) -> Any:  # Any: JSON, checked by query_from_data
    match data:
        case dict():
            return {key: _value(key, value, data, model) for key, value in data.items()}
        case list():
            return [_typed(entry, model) for entry in data]
        case _:
            return data


def _value(key: str, value: Any, around: Mapping[str, Any], model: Model) -> Any:  # Any: JSON
    if isinstance(value, str) and key in _WHOLE:
        return int(value) if value.isdecimal() else value
    if isinstance(value, str) and key in _TRUTH:
        return {"true": True, "false": False}.get(value, value)
    if key == "value":
        return _compared(value, around, model)
    if key == "values" and isinstance(value, list):
        return [_compared(entry, around, model) for entry in value]
    return _typed(value, model)


def _compared(value: Any, around: Mapping[str, Any], model: Model) -> Any:  # Any: JSON
    """Return a filter's value with the type of its dimension. A metric's value is a number."""
    if not isinstance(value, str):
        return _typed(value, model)
    group = model.dimensions.get(str(around.get("dim")), ())
    if group and group[0].kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if "metric" in around or (group and group[0].type.is_number):
        try:
            return int(value) if value.lstrip("-").isdecimal() else float(value)
        except ValueError:
            return value
    return value
