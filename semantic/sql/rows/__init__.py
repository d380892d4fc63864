"""The rows that numbers are made of: one leg at a time, its tables, joins, conditions, dates, rates and aggregates.

Ends with the grouped rows of a leg; putting legs together is in `answer`.
"""
