"""List the datasets that a plan reads, and the engine's tables behind them."""

from __future__ import annotations

from sqlglot import exp

from semantic.model.definitions import Dataset
from semantic.plan.tree.fields import fields, members
from semantic.plan.tree.nodes import Plan, every_leg


def datasets_of(plan: Plan) -> list[Dataset]:
    """Return every dataset that a plan reads facts from: in legs, segments, calendars, and the plan of a top."""
    legs = every_leg(plan)
    datasets = [dataset for leg in legs for dataset in leg.datasets]
    looked_up = [key for leg in legs for key in (*leg.keys, *(field for test in leg.where for field in fields(test)))]
    datasets += [plan.datasets[key.calendar.dataset] for key in looked_up if key.calendar]
    datasets += [leg.exchange.dataset for leg in legs if leg.exchange]
    datasets += [member.dataset for leg in legs for test in leg.where for member in members(test)]
    return datasets + (datasets_of(plan.chosen.plan) if plan.chosen else [])


def tables_of(dataset: Dataset) -> set[str]:
    """Return the engine's tables that a dataset reads."""
    if dataset.query is None:
        return {dataset.source}
    named = {cte.alias for cte in dataset.query.tree.find_all(exp.CTE)}
    return {
        table.sql()
        for table in (_bare(table) for table in dataset.query.tree.find_all(exp.Table))
        if table.name not in named
    }


def _bare(table: exp.Table) -> exp.Table:
    return exp.Table(this=table.this, db=table.args.get("db"), catalog=table.args.get("catalog"))


def datasets_read(plan: Plan) -> frozenset[str]:
    """Return every dataset whose rows affect a plan's numbers or groups: facts, and everything that they join."""
    texts: set[str] = set()
    for leg in every_leg(plan):
        texts |= {dataset.name for dataset in leg.datasets}
        texts |= {edge.target for path in leg.joins for edge in path}
    return frozenset(texts) | (datasets_read(plan.chosen.plan) if plan.chosen else frozenset())
