"""Visits to the demo company's site: sessions, events, touchpoints, experiments.

Each file fills the tables that its first line names.
"""
