"""Which chart shows a result, by rule, and why; then the chart itself. Start at `charts`.

A result and colours in, a Plotly figure out. The drawing of plain lists is in `figures`.
"""
