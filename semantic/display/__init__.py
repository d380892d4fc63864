"""How answers are shown: text, charts, files and paper that agree with each other.

Knows Plotly and Polars, never a page. This folder holds what all surfaces share: formats, changes, totals, evidence,
trust, colours.
"""
