"""Lower the rows behind numbers, one leg at a time: tables, joins, conditions, dates, rates and aggregates.

The result is a leg's grouped rows. `answer` combines legs.
"""
