"""Present answers as text, charts, files and paper, with the same content in each form.

This package uses Plotly and Polars, but no page. This folder has the modules that all surfaces share: formats, changes,
totals, evidence, trust, and colours.
"""
