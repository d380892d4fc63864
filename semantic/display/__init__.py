"""How a result is shown: numbers and dates as text, colours, charts. Knows plotly and polars, never a page."""
