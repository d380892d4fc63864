"""Reconciliations with platforms' totals, and the last result for each month."""
