"""Chooses a chart for a result, with the reason, and draws it. Start at `charts`.

Takes a result and colours, returns a Plotly figure. Plain lists are drawn in `figures`.
"""
