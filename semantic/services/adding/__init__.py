"""Adding data: a person's choices, profiling, and the steps to a published model and its first board.

`semantic.introspection` makes suggestions from tables, and `semantic.starters` has ready-made models.
"""
