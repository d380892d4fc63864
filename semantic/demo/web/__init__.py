"""Visits to the demo company's site: sessions, events, touchpoints and experiments.

The first line of each file names the tables that it fills.
"""
