"""How a fact reaches its breakdowns and filters: join paths, bridges, filters, and why there is no path.

`measures` decides what a join does to a measure.
"""
