"""Count the rows of each event that have a subject.

Rows without a subject aren't counted in the analysis, and a note says how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import lower_coverage
from semantic.compile import Statement
from semantic.query.describe import lower_first
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.lower import lower_plan
from semantic.sql.rows.inner_tables import with_tables


@dataclass(frozen=True, slots=True)
class SubjectCoverage:
    """One event with the number of its rows, and the number of these that have no subject."""

    label: str
    rows: int
    without: int


def coverage_of(planned: PlannedEvents, dialect: Dialect) -> Statement | None:
    """Return the statement that counts rows with and without a subject.

    None if every row must have a subject, and for people who can't see small groups.
    """
    if planned.smallest or all(_is_own_key(planned, place) for place in range(len(planned.legs))):
        return None
    values = Values(style=dialect.parameters)
    inner = tuple(table for leg in planned.legs for table in leg.plan.tables)
    tree = lower_coverage(planned, dialect, values)
    whole = with_tables(tree, replace(planned.legs[0].plan, tables=inner), dialect, values, lower_plan)
    return Statement(render(whole, dialect), tuple(values.params), planned.connection)


def read_coverage(planned: PlannedEvents, row: dict[str, object]) -> tuple[SubjectCoverage, ...]:
    """Return the counts of each event, from the statement's single row."""

    def count(name: str) -> int:
        value = row.get(name)
        return int(str(value)) if value is not None else 0

    return tuple(
        SubjectCoverage(leg.label, count(f"r{place}"), count(f"r{place}") - count(f"s{place}"))
        for place, leg in enumerate(planned.legs)
    )


def subject_rule(planned: PlannedEvents) -> tuple[str, ...]:
    """Return sentences that explain how rows are linked to a subject in another dataset."""
    model = planned.legs[0].asked.visible.model
    subject = planned.reads.population.subject.replace("_", " ")
    ways = dict.fromkeys(
        (leg.dataset.label, lower_first(model.datasets[leg.subject[0][-1].target].label))
        for leg in planned.legs
        if leg.subject[0]
    )
    return tuple(f"{label} are linked to their {subject} through {way}, as known today." for label, way in ways)


def _is_own_key(planned: PlannedEvents, place: int) -> bool:
    path, key = planned.legs[place].subject
    return not path and set(key) <= set(planned.legs[place].dataset.grain)
