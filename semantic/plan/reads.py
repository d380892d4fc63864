"""What a plan reads: datasets, and the engine's tables behind each."""

from __future__ import annotations

from sqlglot import exp

from semantic.model.definitions import Dataset
from semantic.plan.tree.nodes import Plan, every_leg, fields, members


def datasets_of(plan: Plan) -> list[Dataset]:
    """Every dataset that a plan reads facts from: legs, segments, calendars, and the plan that selects the top."""
    legs = every_leg(plan)
    found = [dataset for leg in legs for dataset in leg.datasets]
    looked_up = [key for leg in legs for key in (*leg.keys, *(one for test in leg.where for one in fields(test)))]
    found += [plan.datasets[key.calendar.dataset] for key in looked_up if key.calendar]
    found += [leg.exchange.dataset for leg in legs if leg.exchange]
    found += [member.dataset for leg in legs for test in leg.where for member in members(test)]
    return found + (datasets_of(plan.chosen.plan) if plan.chosen else [])


def tables_of(dataset: Dataset) -> set[str]:
    """The engine's tables that a dataset reads."""
    if dataset.query is None:
        return {dataset.source}
    named = {cte.alias for cte in dataset.query.tree.find_all(exp.CTE)}
    return {
        table.sql()
        for table in (_bare(one) for one in dataset.query.tree.find_all(exp.Table))
        if table.name not in named
    }


def _bare(table: exp.Table) -> exp.Table:
    return exp.Table(this=table.this, db=table.args.get("db"), catalog=table.args.get("catalog"))


def datasets_read(plan: Plan) -> frozenset[str]:
    """Every dataset whose rows affect the numbers or groups of a plan: facts, and everything joined to them."""
    found: set[str] = set()
    for leg in every_leg(plan):
        found |= {one.name for one in leg.datasets}
        found |= {edge.target for path in leg.joins for edge in path}
    return frozenset(found) | (datasets_read(plan.chosen.plan) if plan.chosen else frozenset())
