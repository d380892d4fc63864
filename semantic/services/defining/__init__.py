"""Help while a steward defines a metric: how many rows each condition keeps, a field's values with their counts, and
similar metrics.
"""
