"""Find join paths from a fact to its breakdowns and filters, or say why there is none.

`measures` decides how a join affects a measure.
"""
