"""Reconciliation with platforms' totals: reading events, comparing totals, and the outcome for certifications."""
