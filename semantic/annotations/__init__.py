"""Dated remarks next to numbers: from a dataset, or written by people on charts.

This package defines remarks and who can see them. `store` has the remarks, `services` writes them, and `display.charts`
draws them.
"""
