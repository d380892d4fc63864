"""Reconciliations with platforms' totals, and what each month's last comparison found."""
