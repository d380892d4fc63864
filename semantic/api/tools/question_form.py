"""The JSON Schema of a question, detailed enough for a language model to write one at the first attempt.

`semantic.query.data` parses questions. The schema describes the format in docs/reference/query.md, but isn't used for
validation: a question that matches it can still be refused, with a reason and repairs.
"""

from __future__ import annotations

from typing import Any, Final

from semantic.model.definitions import DatePart, Granularity
from semantic.query.calculations import TAKES
from semantic.query.data import MAX_COMPARISONS, MAX_LIMIT, MAX_TOP
from semantic.query.filters import MAX_VALUES, METRIC_OPERATORS
from semantic.query.query import Operator

_Schema = dict[str, Any]  # Any: JSON

_VALUE: Final[_Schema] = {"type": ["string", "number", "boolean", "null"]}
_DAY: Final[_Schema] = {"type": "string", "format": "date"}
_COMPLETE: Final[_Schema] = {
    "type": "boolean",
    "default": True,
    "description": "Set this to false to include the current day or period, which isn't over yet.",
}
_COUNT: Final[_Schema] = {"type": "integer", "minimum": 1}
_LONG: Final = [grain.value for grain in Granularity if not grain.is_clock]
_NUMBERS: Final[_Schema] = {
    "op": {"enum": [*METRIC_OPERATORS]},
    "value": {"type": "number"},
    "values": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
}


def _object(properties: _Schema, *required: str, description: str = "") -> _Schema:
    found: _Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    found |= {"required": [*required]} if required else {}
    return found | ({"description": description} if description else {})


def _list(items: _Schema, description: str, **more: Any) -> _Schema:
    return {"type": "array", "items": items, "description": description, **more}


_FILTER: Final[_Schema] = {"$ref": "#/$defs/Filter"}
_PERIOD: Final[_Schema] = {"$ref": "#/$defs/Period"}
_TEXT: Final[_Schema] = {"type": "string"}
_NAME: Final[_Schema] = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}

QUESTION_DEFS: Final[_Schema] = {
    "Filter": {
        "description": (
            "A filter on rows: a condition on a dimension, a segment, a condition on a metric of each member, or a "
            "combination with and, or, not. Values are codes or names as the tool `values` lists them."
        ),
        "anyOf": [
            _object(
                {
                    "dim": _NAME,
                    "op": {"enum": [operator.value for operator in Operator]},
                    "value": _VALUE,
                    "values": {"type": "array", "items": _VALUE, "maxItems": MAX_VALUES},
                    "via": {"type": "string", "description": "The role, if a dimension is reached in several ways."},
                },
                "dim",
                "op",
                description="in, not_in and between take `values`; the others take `value`. null means no value.",
            ),
            _object({"segment": _NAME}, "segment", description="Rows in a named segment."),
            _object(
                {"metric": _NAME, "per": _TEXT, **_NUMBERS, "where": _FILTER, "time": _PERIOD},
                "metric", "per", "op",
                description="Members of an entity by a metric, such as customers with more than 2 orders.",
            ),
            _object({"and": {"type": "array", "items": {"$ref": "#/$defs/Filter"}, "minItems": 1}}, "and"),
            _object({"or": {"type": "array", "items": {"$ref": "#/$defs/Filter"}, "minItems": 1}}, "or"),
            _object({"not": {"$ref": "#/$defs/Filter"}}, "not"),
        ],
    },
    "Period": {
        "description": (
            "The days that count. Without it, all days. Relative periods end with the last complete day or period, "
            "unless `complete` is false."
        ),
        "anyOf": [
            _object(
                {"from": _DAY, "to": _DAY, "complete": _COMPLETE},
                description='Days, both included: {"from": "2026-01-01", "to": "2026-03-31"}.',
            ),
            _object(
                {"last": {"type": "integer", "minimum": 1}, "unit": {"enum": _LONG}, "complete": _COMPLETE},
                "last", "unit",
                description='The last complete periods: {"last": 13, "unit": "week"}.',
            ),
            _object(
                {"to_date": {"enum": _LONG}, "complete": _COMPLETE},
                "to_date",
                description='A period so far: {"to_date": "month"}.',
            ),
        ],
    },
    "Breakdown": {
        "description": 'A dimension by name, or the date with a grain or part: {"dim": "date", "grain": "week"}.',
        "anyOf": [
            _NAME,
            _object(
                {
                    "dim": _NAME,
                    "grain": {"type": "string", "examples": [*_LONG]},
                    "part": {"enum": [part.value for part in DatePart]},
                    "via": {"type": "string", "description": "The role, if a dimension is reached in several ways."},
                },
                "dim",
            ),
        ],
    },
    "Calculation": _object(
        {
            "name": _NAME,
            "do": {"enum": [kind.value for kind in TAKES]},
            "of": {"type": "string", "description": "A metric of the question, or one of its comparisons."},
            "to": _TEXT,
            "within": {"type": "array", "items": _TEXT},
            "along": _TEXT,
            "periods": {"type": "integer", "minimum": 1},
            "base": _VALUE,
            "ascending": {"type": "boolean"},
        },
        "name", "do", "of",
        description="A column calculated from others: a share, rank, running total, moving average, index, difference.",
    ),
}  # fmt: skip

QUESTION: Final[_Schema] = _object(
    {
        "v": {"const": 1, "description": "The version of this form. Leave it out."},
        "metrics": _list(_NAME, "Names of metrics, as `search` returns them. Without metrics: the values of `by`."),
        "by": _list({"$ref": "#/$defs/Breakdown"}, "What rows are grouped by. Without it, one row."),
        "where": {
            "$ref": "#/$defs/Filter",
            "description": 'A filter on rows, such as {"dim": "market", "op": "in", "values": ["DE"]}.',
        },
        "having": _list(
            _object({"metric": _NAME, **_NUMBERS}, "metric", "op"), "Conditions that a group must meet to be shown."
        ),
        "time": {"$ref": "#/$defs/Period", "description": 'The period, such as {"last": 4, "unit": "week"}.'},
        "compare": _list(
            _object(
                {
                    "to": {
                        "anyOf": [
                            {"enum": ["previous", "last_year"]},
                            _object({"back": _COUNT, "unit": {"enum": _LONG}}, "back", "unit"),
                            _object({"from": _DAY, "to": _DAY}, "from", "to"),
                        ]
                    }
                },
                "to",
            ),
            'Other periods, in columns next to the metrics: [{"to": "previous"}].',
            maxItems=MAX_COMPARISONS,
        ),
        "top": _object(
            {
                "n": {"type": "integer", "minimum": 1, "maximum": MAX_TOP},
                "dim": {"type": "string", "description": "A column of `by`."},
                "metric": _NAME,
                "within": {"type": "array", "items": _TEXT},
                "other": {"type": "boolean", "default": True, "description": "Whether the rest is one group, Other."},
            },
            "n", "dim", "metric",
            description="Only the members with the most; the rest is Other.",
        ),
        "totals": _list(
            {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
            'Total rows: "grand" for everything, or the columns of `by` that a total keeps.',
        ),
        "order": _list(
            {"anyOf": [_TEXT, _object({"by": _TEXT, "desc": {"type": "boolean", "default": False}}, "by")]},
            "How rows are sorted, by columns of the answer.",
        ),
        "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_LIMIT},
        "calc": _list({"$ref": "#/$defs/Calculation"}, "Columns calculated from others."),
        "time_zone": {"type": ["string", "null"], "description": "Such as Europe/London. Default: the model's."},
        "week_start": {"type": ["string", "null"], "description": "The first day of weeks, such as sunday."},
        "fiscal_start": {"type": ["string", "null"], "description": "The first month of fiscal years, such as april."},
        "currency": {"type": ["string", "null"], "description": "The currency of money, such as GBP."},
        "rates": {
            "type": ["string", "null"],
            "description": 'Convert all money at the rates of one day: a date, or "period_end".',
        },
        "history": {"enum": ["as_was", "as_is"], "description": "Attributes as they were, or as they are today."},
        "every_period": {"type": "boolean", "description": "Also show periods without rows."},
        "each_row": {"type": "boolean", "description": "List single rows instead of groups."},
        "ranges": {"type": "boolean", "description": "Without metrics: the smallest and largest value of `by`."},
        "as_of": {"type": ["integer", "null"], "description": "An earlier version of the model, by number."},
    },
    description=(
        "A question. Every name is one that `search` or `describe` returned; names are never guessed. Example: "
        '{"metrics": ["net_revenue"], "by": ["channel", {"dim": "date", "grain": "week"}], '
        '"time": {"last": 13, "unit": "week"}}.'
    ),
)  # fmt: skip
