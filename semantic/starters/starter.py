"""Starters as frozen data, read from the YAML files in `data`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from semantic.model.files.yaml_text import read_typed_yaml

_FOLDER: Final = Path(__file__).parent / "data"

NAMES: Final = (
    *("ad_reporting", "google_ads", "meta_ads", "shopify", "klaviyo", "hubspot", "salesforce", "ga4", "stripe"),
    "together",
)
"""All starters, in the order in which they're offered.

The last one has no tables. It has metrics that several starters make possible together.
"""

SHARED: Final = "shared"
"""The file with the questions that several starters share. Each of them is asked once."""

KINDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "id": frozenset({"string", "integer", "decimal"}),
        "text": frozenset({"string", "integer"}),  # a column without values often arrives as whole numbers
        "number": frozenset({"integer", "decimal", "double"}),
        "flag": frozenset({"boolean"}),
        "day": frozenset({"date", "timestamp", "timestamptz"}),
        "moment": frozenset({"timestamp", "timestamptz", "date", "string"}),
    }
)
"""The kinds of columns that starters use, each with the types that match. An instant stored as text is cast."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that a starter can't answer from columns. `choices` are pairs of an answer and its label.

    `is_open` allows other answers. `values` are the SQL values of answers that aren't used as they are. `of` is the
    `role.column` that the question is about. Without that column, it isn't asked. `by_type` has the default for a
    column of whole numbers, and for any other column. `if_type` is the type that the column must have. `whole_in` lists
    currencies without cents, for which every value is 1.
    """

    id: str
    asks: str
    choices: tuple[tuple[str, str], ...]
    default: str
    is_open: bool = False
    values: Mapping[str, float] = field(default_factory=dict[str, float])
    of: tuple[str, ...] = ()
    by_type: tuple[str, str] | None = None
    if_type: str = ""
    whole_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """One table of a starter, described by its columns.

    `needs` and `uses` are columns with their kinds. A table that lacks a column in `needs`, or has one in `without`,
    doesn't match. `names` are usual names of such tables. `stand_ins` are roles whose table is used if there is none
    for this role. `dataset` is written as in a model, without the table and the columns' types. `money` names the
    column with the currency of the amounts. Only views read a role whose dataset has no name. In a view, `uses` has the
    kind of each column that the view computes, or the `starter.role.column` that it takes from a table.
    """

    name: str
    label: str
    names: tuple[str, ...]
    needs: Mapping[str, str]
    uses: Mapping[str, str]
    without: frozenset[str]
    is_main: bool
    stand_ins: tuple[str, ...]
    money: str
    dataset: Mapping[str, Any]
    view: str = ""  # a SELECT over the tables of roles, written `starter.role`, in place of a table of its own
    reads: tuple[str, ...] = ()  # the `starter.role` that the view reads; the first has the columns in `needs`
    by_name: bool = False  # its columns are too common: only a table with its usual name has this role
    conditions: Mapping[str, str] = field(default_factory=dict[str, str])  # by the name that expressions use

    @property
    def columns(self) -> Mapping[str, str]:
        return {**self.needs, **self.uses}


@dataclass(frozen=True, slots=True)
class Starter:
    """A ready model for the tables of one source. `needs` are starters that a starter without tables builds on.

    `covers` are starters that are left out if this one matches, because their tables have the same facts.
    """

    name: str
    label: str
    description: str = ""
    roles: tuple[Role, ...] = ()
    questions: tuple[Question, ...] = ()
    metrics: tuple[Mapping[str, Any], ...] = ()
    board: Mapping[str, Any] = field(default_factory=dict[str, Any])
    needs: tuple[tuple[str, ...], ...] = ()
    covers: tuple[str, ...] = ()

    def role(self, name: str) -> Role:
        return next(role for role in self.roles if role.name == name)


@cache
def all_starters() -> tuple[Starter, ...]:
    """Return every starter, in the order in which they're offered."""
    shared = {one["id"]: one for one in _read(SHARED)["questions"]}
    return tuple(_starter(name, _read(name), shared) for name in NAMES)


def _read(name: str) -> dict[str, Any]:
    data, _, problems = read_typed_yaml((_FOLDER / f"{name}.yml").read_text(encoding="utf-8"), f"{name}.yml")
    assert not problems, problems
    return data


def _starter(name: str, data: Mapping[str, Any], shared: Mapping[str, Any]) -> Starter:
    return Starter(
        name,
        data["label"],
        data.get("description", ""),
        tuple(_role(role) for role in data.get("tables", ())),
        tuple(_question(shared.get(one["id"], {}) | one) for one in data.get("questions", ())),
        tuple(data["metrics"]),
        data["board"],
        tuple(_words(group) for group in data.get("needs", ())),
        _words(data.get("covers", ())),
    )


def _role(data: Mapping[str, Any]) -> Role:
    return Role(
        data["role"],
        data["dataset"]["label"],
        _words(data.get("names", ())),
        data.get("needs", {}),
        data.get("uses", {}),
        frozenset(data.get("without", ())),
        data.get("main", False),
        _words(data.get("stand_ins", ())),
        data.get("money", ""),
        data["dataset"],
        data.get("view", ""),
        _words(data.get("reads", ())),
        data.get("by_name", False),
        data.get("conditions", {}),
    )


def _question(data: Mapping[str, Any]) -> Question:
    by_type = data.get("by_type")
    return Question(
        data["id"],
        data["asks"],
        tuple((str(answer), label) for answer, label in data.get("choices", {}).items()),
        str(data.get("default", "")),
        data.get("open", False),
        data.get("values", {}),
        _words(data.get("of", ())),
        (by_type["whole"], by_type["other"]) if by_type else None,
        data.get("if_type", ""),
        _words(data.get("whole_in", ())),
    )


def _words(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(texts)
