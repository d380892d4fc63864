"""How a fact reaches its breakdowns and filters: join paths, bridges, filters, and why there is no path.

What a join does to a measure is decided in `measures`.
"""
