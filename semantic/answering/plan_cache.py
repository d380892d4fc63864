"""Reuse the SQL of an earlier question that has the same shape, with this question's values.

Compared values, days and the actor's attributes are literals (decision 38). Everything else is the shape. A shape is
compiled with its literals tracked (semantic.query.followed). Each decision that depends on a literal can then be
checked for other literals. SQL is reused only after it was compared once with SQL compiled for other literals.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import Any, Final

from semantic.compile import (
    Compiled,
    Dialects,
    PlannedQuestion,
    Statement,
    compile_visible,
    connection_of,
    lower_statement,
    plan_question,
)
from semantic.model.replace_fields import replace_fields
from semantic.plan.tree.known import NOTHING_KNOWN, Known
from semantic.plan.tree.nodes import Output, every_leg
from semantic.policy.actor import Attribute
from semantic.policy.narrow import VisibleModel
from semantic.query.followed import Make, Trace, made_of, plain
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.query import AllOf, AnyOf, Between, Condition, Filter, MetricFilter, Named, NotAny, Query
from semantic.sql.dialects.table import Dialect

MOST_SHAPES: Final = 2_000
MOST_TEMPLATES: Final = 4
"""The most templates of a shape. Different literals can need different SQL, such as whole months and partial ones."""

_LITERALS: Final = frozenset({str, int, float, date})
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Template:
    """The SQL of a shape, and how to calculate each parameter from the literals."""

    sql: str
    connection: str
    dialect: Dialect  # of the connection
    makes: tuple[tuple[Make | None, object], ...]
    trace: Trace
    columns: tuple[Output, ...]
    literals: tuple[object, ...]  # those it was compiled with
    proven: set[int] = field(default_factory=set[int])  # literals for which another value gave the same SQL

    def fits(self, literals: tuple[object, ...]) -> bool:
        """Whether every decision that depends on literals would be the same for these literals."""
        return self.trace.holds(literals)

    def serves(self, literals: tuple[object, ...]) -> bool:
        """Whether the SQL was proven to be independent of each literal that differs from the template's."""
        return self.proven.issuperset(self.others(literals))

    def others(self, literals: tuple[object, ...]) -> list[int]:
        """Return the positions at which these literals differ from the template's."""
        pairs = enumerate(zip(literals, self.literals, strict=True))
        return [place for place, (mine, theirs) in pairs if mine != theirs]

    def statement(self, literals: tuple[object, ...]) -> Statement:
        params = tuple([param if make is None else make(literals) for make, param in self.makes])
        return Statement(self.sql, params, self.connection)


@dataclass(slots=True)
class _Known:
    """What the cache knows about a shape: first a single statement with its literals, later templates."""

    literals: tuple[object, ...]
    statement: Statement
    templates: list[_Template] = field(default_factory=list[_Template])
    is_unsafe: bool = False  # its literals affect the SQL in ways that tracking doesn't detect


@dataclass(frozen=True, slots=True)
class _Question:
    """A query to compile, with the model as the actor sees it and everything else that affects the SQL."""

    seen: VisibleModel
    query: Query
    dialect: Dialect
    today: date
    loaded: Loaded
    proven: Known
    dialects: Dialects

    def compiled(self) -> Compiled:
        return compile_visible(
            self.seen,
            self.query,
            self.dialect,
            today=self.today,
            loaded=self.loaded,
            proven=self.proven,
            dialects=self.dialects,
        )

    def planned(self) -> PlannedQuestion:
        return plan_question(self.seen, self.query, today=self.today, loaded=self.loaded, proven=self.proven)


class PlanCache:
    """Cached SQL by shape, for the questions of one model version. Safe to use from several threads."""

    def __init__(self, most: int = MOST_SHAPES) -> None:
        self._most = most
        self._lock = Lock()
        self._shapes: OrderedDict[object, _Known] = OrderedDict()

    def clear(self) -> None:
        """Remove every shape."""
        with self._lock:
            self._shapes.clear()

    def compile(
        self,
        seen: VisibleModel,
        query: Query,
        dialect: Dialect,
        *,
        today: date,
        loaded: Loaded = NOTHING_LOADED,
        proven: Known = NOTHING_KNOWN,
        dialects: Dialects | None = None,
    ) -> Compiled:
        """Compile a question like `compile_visible`, but reuse the SQL of an earlier question with the same shape."""
        asked = _Question(seen, query, dialect, today, loaded, proven, dialects or (lambda _: dialect))
        literals: list[object] = []
        shape = _with_literals(query, lambda literal: _kind_of(literal, literals), repr)
        attributes = _attributes(seen)
        key = (
            (
                *(seen.model.version, seen.fingerprint, dialect.name, today, frozenset(loaded.items()), proven),
                *(shape, _shape_of(attributes)),
            )
            if not seen.made and dialect.parameters != "written"
            else None
        )
        if key is None:
            return asked.compiled()
        for value in attributes.values():
            literals += (value,) if isinstance(value, str) else value or ()
        return self._compile(key, tuple(literals), asked)

    def _compile(self, key: object, literals: tuple[object, ...], asked: _Question) -> Compiled:
        with self._lock:
            known = self._shapes.get(key)
            if known is not None:
                self._shapes.move_to_end(key)
        if known is None:
            compiled = asked.compiled()
            if not compiled.rate_checks and compiled.combine is None and compiled.dialect.parameters != "written":
                self._keep(key, _Known(literals, compiled.legs[0]))
            return compiled
        templates = () if known.is_unsafe else known.templates
        fitting = next((template for template in templates if template.fits(literals)), None)
        if fitting is not None and fitting.dialect is not asked.dialects(fitting.connection):
            self._forget(key)  # the connection now leads to another kind of engine
            return asked.compiled()
        if fitting is not None and fitting.serves(literals):
            return Compiled(
                legs=(fitting.statement(literals),),
                combine=None,
                columns=fitting.columns,
                dialect=fitting.dialect,
                planning=asked.planned,
                dialects=asked.dialects,
            )
        compiled = asked.compiled()
        if known.is_unsafe or compiled.combine is not None:
            return compiled
        if fitting is not None:
            _prove(known, fitting, literals, compiled.legs[0])
        elif len(known.templates) < MOST_TEMPLATES:
            template = _follow(literals, asked)
            if template is not None:
                known.templates.append(template)
                _prove(known, template, literals, compiled.legs[0])
                _prove(known, template, known.literals, known.statement)
        return compiled

    def _forget(self, key: object) -> None:
        with self._lock:
            self._shapes.pop(key, None)

    def _keep(self, key: object, known: _Known) -> None:
        with self._lock:
            self._shapes[key] = known
            while len(self._shapes) > self._most:
                self._shapes.popitem(last=False)


def _follow(literals: tuple[object, ...], asked: _Question) -> _Template | None:
    """Return a template from compiling the question with tracked literals. None if the question doesn't allow this."""
    seen = asked.seen
    trace, place = Trace(), iter(range(len(literals)))
    followed = _with_literals(asked.query, lambda literal: trace.follow(literal, next(place)), lambda literal: literal)
    attributes = {
        name: _followed_attribute(value, lambda literal: trace.follow(literal, next(place)))
        for name, value in _attributes(seen).items()
    }
    actor = replace(seen.actor, attributes={**seen.actor.attributes, **attributes})
    narrowed = replace(seen, actor=actor)
    planned = plan_question(
        narrowed, followed, today=asked.today, loaded=asked.loaded, proven=asked.proven, noted=False
    )
    if any(leg.exchange for leg in every_leg(planned.plan)):
        return None
    if planned.plan.portions:
        return None
    own = connection_of(planned.plan)
    dialect = asked.dialects(own)
    statement = lower_statement(planned.plan, dialect)
    if any(isinstance(param, tuple) for param in statement.params):
        return None  # the items of a list parameter can't be tracked
    makes = tuple((made_of(param), plain(param) if made_of(param) is None else None) for param in statement.params)
    return _Template(statement.sql, own, dialect, makes, trace, planned.plan.outputs, literals)


def _prove(known: _Known, template: _Template, literals: tuple[object, ...], statement: Statement) -> None:
    """Compare the template's SQL with the SQL compiled for other literals, and record the literals that are proven."""
    if known.is_unsafe or not template.fits(literals):
        return
    made = template.statement(literals)
    same = made.sql == statement.sql and [*map(_told, made.params)] == [*map(_told, statement.params)]
    if same:
        template.proven.update(template.others(literals))
        return
    known.is_unsafe = True
    known.templates.clear()
    _LOG.warning(
        "A question with a cached plan compiled to different SQL. Questions like it are now compiled each time."
    )


def _told(value: object) -> object:
    return type(value), value


# Literals


def _kind_of(value: object, literals: list[object]) -> object:
    literals.append(value)
    return type(value)


def _with_literals(query: Query, take: Callable[[Any], Any], keep: Callable[[Any], Any]) -> Query:
    """Return the question with `take` applied to each literal, and `keep` to each other value.

    Literals are compared values, thresholds of metrics, and first and last days. As text, values that Python considers
    equal stay different, such as 1, True and 1.0.
    """

    def taken(value: Any) -> Any:
        return take(value) if type(value) in _LITERALS else value

    def filtered(part: Filter) -> Filter:
        match part:
            case Condition(dim, op, values, via):
                # In other tools, a date part has its own name, so it becomes a separate condition with its values.
                return (
                    keep(part) if "__" in dim else Condition(dim, op, tuple([taken(member) for member in values]), via)
                )
            case AllOf(parts):
                return AllOf(tuple([filtered(inner_part) for inner_part in parts]))
            case AnyOf(parts):
                return AnyOf(tuple([filtered(inner_part) for inner_part in parts]))
            case NotAny(inner):
                return NotAny(filtered(inner))
            case _:
                return keep(part)

    others: dict[str, Any] = {}
    if query.where is not None:
        others["where"] = filtered(query.where)
    if query.calc:
        others["calc"] = keep(query.calc)
    if query.having:
        others["having"] = tuple(
            MetricFilter(condition.metric, condition.op, tuple([taken(value) for value in condition.values]))
            for condition in query.having
        )
    if isinstance(query.time, Between):
        others["time"] = Between(taken(query.time.start), taken(query.time.end), query.time.complete)
    if any(isinstance(comparison, Named) for comparison in query.compare):
        others["compare"] = tuple(
            Named(taken(comparison.start), taken(comparison.end)) if isinstance(comparison, Named) else comparison
            for comparison in query.compare
        )
    return replace_fields(query, **others) if others else query


def _attributes(seen: VisibleModel) -> Mapping[str, Attribute | None]:
    """Return the attributes of the actor that row rules use, by name."""
    names = dict.fromkeys(name for rule in seen.rules for name in rule.where.placeholders)
    return {name: seen.actor.attributes.get(name) for name in names}


def _shape_of(attributes: Mapping[str, Attribute | None]) -> tuple[object, ...]:
    """Return the shape of each attribute: a single text, a list with a number of texts, or missing."""
    return tuple((name, len(value) if isinstance(value, tuple) else type(value)) for name, value in attributes.items())


def _followed_attribute(value: Attribute | None, follow: Callable[[str], str]) -> Attribute | None:
    if value is None or isinstance(value, str):
        return value if value is None else follow(value)
    return tuple(follow(part) for part in value)
