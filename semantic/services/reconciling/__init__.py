"""Reconciliation with platforms' totals: the rows that are read, the comparison, and what certification can ask."""
