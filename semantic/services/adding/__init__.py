"""Add data to the model: choosing tables, profiling them, and publishing a model with its first board.

`semantic.introspection` makes suggestions from tables, and `semantic.starters` has ready-made models.
"""
