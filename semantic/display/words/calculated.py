"""Describe a calculation in words."""

from __future__ import annotations

from semantic.query.describe import join_words, lower_first
from semantic.query.query import Calculation, CalculationKind
from semantic.results.result import Result


def calculation_words(calculation: Calculation, shown: Result) -> str:
    """Return a calculation in words, without a full stop.

    For example, "the share of the total of revenue, over all groups within month".
    """
    labels = {column.name: lower_first(column.label) for column in shown.columns}
    of, to = labels.get(calculation.of, calculation.of), labels.get(calculation.to, calculation.to)
    within = (
        f" within {join_words([labels.get(name, name) for name in calculation.within])}" if calculation.within else ""
    )
    match calculation.do:
        case CalculationKind.DIFFERENCE:
            return f"{of} minus {to}"
        case CalculationKind.RATIO:
            return f"{of} divided by {to}; totals divide the totals"
        case CalculationKind.PERCENT_OF_TOTAL:
            return f"the share of the total of {of}, over all groups{within}, including those that aren't shown"
        case CalculationKind.RANK:
            end = "least" if calculation.ascending else "largest"
            return f"the rank by {of}, from the {end}, among all groups{within}; equal values share a rank"
        case CalculationKind.RUNNING_TOTAL:
            if calculation.along in labels and calculation.along not in {key.name for key in shown.keys}:
                return f"the sum of {of} in the order of {labels[calculation.along]}{within}"
            return f"the sum of {of} from the first period to this one, separately in each group"
        case CalculationKind.MOVING_AVERAGE:
            return f"the average of {of} over {calculation.periods} calendar periods, ending with this one"
        case CalculationKind.INDEX:
            base = "the first period that has a value" if calculation.base is None else str(calculation.base)
            return f"{of} for every 100 of {base}"
