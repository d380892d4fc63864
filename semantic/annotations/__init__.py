"""Dated remarks next to numbers: from a dataset, or written by people on charts.

What they are and who can see them. They are stored in `store`, written in `services` and drawn in `display.charts`.
"""
