"""How a fact reaches what it is broken down and filtered by: join paths, bridges, filters, and why there is no way.

What a join does to a measure is decided in `measures`.
"""
