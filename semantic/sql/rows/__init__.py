"""Lower the rows behind numbers, one leg at a time: tables, joins, conditions, dates, rates and aggregates.

The result is the grouped rows of a leg. `answer` combines legs.
"""
