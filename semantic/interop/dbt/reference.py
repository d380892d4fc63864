"""Parse a name as dbt's users write it, such as `Dimension('listing__country')` or `listing__ds__month`.

The text is never run. It's parsed as one call with constants, and anything else is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from semantic.errors import InvalidFilter
from semantic.interop.dbt.nouns import GRANULARITIES

METRIC_TIME = "metric_time"
Periods = Mapping[str, str]
"""A project's custom granularities, each with its name in the model."""
NO_PERIODS: Periods = MappingProxyType({})
_CALLS = ("Dimension", "TimeDimension", "Entity", "Metric")


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed name.

    `path` has the entities to follow, and `name` is what they lead to. `per` is only for a Metric. `alias` is the
    column in the result, or "" for dbt's own name.
    """

    name: str
    path: tuple[str, ...] = ()
    grain: str = ""
    part: str = ""
    kind: str = "Dimension"
    per: tuple[str, ...] = ()
    descending: bool = False
    alias: str = ""

    @property
    def is_metric(self) -> bool:
        return self.kind == "Metric"


def read_dunder(text: str, custom: Periods = NO_PERIODS) -> Reference:
    """Return the reference in a name such as `listing__ds__month` or `metric_time__extract_year`.

    It consists of entities, a name, and a granularity or date part.
    """
    pieces = text.strip().split("__")
    last = pieces[-1].lower()
    if len(pieces) > 1 and last.startswith("extract_"):
        return Reference(pieces[-2], tuple(pieces[:-2]), part=last.removeprefix("extract_"))
    if len(pieces) > 1 and (last in GRANULARITIES or last in custom):
        return Reference(pieces[-2], tuple(pieces[:-2]), grain=custom.get(last, last))
    return Reference(pieces[-1], tuple(pieces[:-1]))


def read_call(text: str, custom: Periods = NO_PERIODS) -> Reference:
    """Return the reference in a call such as `TimeDimension('metric_time', 'day').descending(True)`.

    Raises InvalidFilter.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unreadable(text) from None
    return _call(tree, text, custom)


def _call(tree: ast.expr, text: str, custom: Periods) -> Reference:
    match tree:
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            return _named(name, tree, text, custom)
        case ast.Call(func=ast.Attribute(value=inner, attr="grain"), args=[grain], keywords=[]):
            return replace(_call(inner, text, custom), grain=_period(_text(grain, text), custom))
        case ast.Call(func=ast.Attribute(value=inner, attr="date_part"), args=[part], keywords=[]):
            return replace(_call(inner, text, custom), part=_text(part, text).lower())
        case ast.Call(func=ast.Attribute(value=inner, attr="alias"), args=[alias], keywords=[]):
            return replace(_call(inner, text, custom), alias=_text(alias, text))
        case ast.Call(func=ast.Attribute(value=inner, attr="descending"), args=[ast.Constant(value=bool() as down)]):
            return replace(_call(inner, text, custom), descending=down)
        case _:
            raise _unreadable(text)


def _named(kind: str, call: ast.Call, text: str, custom: Periods) -> Reference:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    order = {
        "Dimension": ("name", "entity_path"),
        "TimeDimension": ("name", "time_granularity_name", "entity_path", "descending", "date_part_name"),
        "Entity": ("name", "entity_path"),
        "Metric": ("name", "group_by"),
    }[kind]
    known = {"Dimension": "dimension_name", "TimeDimension": "time_dimension_name"}.get(kind, f"{kind.lower()}_name")
    allowed = {*order, known, "time_granularity", "date_part", "descending", "entity_path", "group_by", "alias"}
    if len(call.args) > len(order) or set(given) - allowed:
        raise _unreadable(text)
    given = dict(zip(order, call.args, strict=False)) | given
    name = given.get("name") or given.get(known)
    if name is None:
        raise _unreadable(text)
    alias = _text(given["alias"], text) if "alias" in given else ""
    down = given.get("descending")
    is_down = isinstance(down, ast.Constant) and down.value is True
    if kind == "Metric":
        per = _texts(given.get("group_by"), text)
        return Reference(_text(name, text), kind=kind, per=per, descending=is_down, alias=alias)
    reference = read_dunder(_text(name, text), custom)
    path = (*_texts(given.get("entity_path"), text), *reference.path)
    grain = given.get("time_granularity_name") or given.get("time_granularity")
    part = given.get("date_part_name") or given.get("date_part")
    return Reference(
        reference.name,
        path,
        _period(_optional(grain, text), custom) or reference.grain,
        _optional(part, text) or reference.part,
        kind,
        descending=is_down,
        alias=alias,
    )


def _period(grain: str, custom: Periods) -> str:
    return custom.get(grain.lower(), grain.lower())


def _optional(node: ast.expr | None, text: str) -> str:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return ""
    return _text(node, text).lower()


def _text(node: ast.expr, text: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise _unreadable(text)


def _texts(node: ast.expr | None, text: str) -> tuple[str, ...]:
    if node is None:
        return ()
    items: Sequence[ast.expr] = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return tuple(_text(element, text) for element in items)


def _unreadable(text: str) -> InvalidFilter:
    return InvalidFilter(
        f"{text.strip()[:80]!r} can't be parsed. "
        "Write Dimension(), TimeDimension(), Entity() or Metric() with constants only."
    )
