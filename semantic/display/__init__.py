"""Presentation of answers: text, charts, files and paper that agree with each other.

Uses Plotly and Polars, never a page. This folder has the parts that all surfaces share: formats, changes, totals,
evidence, trust, colours.
"""
