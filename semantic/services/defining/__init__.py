"""Help with defining a metric: rows left after each condition, a field's values with counts, and similar metrics."""
