"""Reconciliation with platforms' totals: reading rows, comparing them, and the result for certification."""
