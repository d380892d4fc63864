"""Reconciliations with platforms' totals, and the result of each month's last comparison."""
