"""What each engine's SQL can, cannot, and says instead: one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from semantic.errors import InvalidQuery


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's SQL. `name` is sqlglot's. `parameters`: how values travel beside the text."""

    name: str
    parameters: Literal["numbered"] = "numbered"  # $1, $2, …
    filter_clause: bool = True  # sum(x) FILTER (WHERE …); elsewhere CASE inside the aggregate
    hash_function: str = "SHA256"


DIALECTS = {
    "duckdb": Dialect("duckdb"),
}


def find_dialect(name: str) -> Dialect:
    """The dialect of that name; raises InvalidQuery with the ones there are."""
    if name not in DIALECTS:
        raise InvalidQuery(f"There is no dialect named {name[:40]!r}. There is {', '.join(DIALECTS)}.")
    return DIALECTS[name]
