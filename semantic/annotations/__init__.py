"""Dated remarks beside numbers: those that a dataset brings, and those that people write on charts.

What they are and who can see them. Keeping them is in `store`, writing them in `services`, drawing them in
`display.charts`.
"""
