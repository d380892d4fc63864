"""The rows behind numbers: one leg at a time, its tables, joins, conditions, dates, rates and aggregates.

Ends with the grouped rows of a leg; combining legs is in `answer`.
"""
