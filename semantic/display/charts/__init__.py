"""Chooses a chart for a result, with the reason, and draws it. Start at `charts`.

A result and colours in, a Plotly figure out. The drawing of plain lists is in `figures`.
"""
