"""Visits to the demo company's site: sessions, events, touchpoints, experiments.

Each file fills the tables named in its first line.
"""
