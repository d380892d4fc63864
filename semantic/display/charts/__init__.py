"""Chooses a chart for a result, with the reason, and draws it. Start at `charts`.

A result and colours in, a Plotly figure out. Plain lists are drawn in `figures`.
"""
