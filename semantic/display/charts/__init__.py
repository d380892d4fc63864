"""Choose a chart for a result, give the reason, and draw the chart. Start at `charts`.

This package takes a result and colours, and returns a Plotly figure. `figures` draws from plain lists.
"""
