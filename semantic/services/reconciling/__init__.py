"""Reconciliation with platforms' totals: reading rows, comparing them, and the result that certification requires."""
