"""What a steward sees while defining a metric: how many rows each condition keeps, a field's values with their counts,
and metrics that are the same or nearly so.
"""
