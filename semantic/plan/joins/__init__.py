"""Join paths from a fact to its breakdowns and filters: bridges, filters, and why there is no path.

`measures` decides how a join affects a measure.
"""
