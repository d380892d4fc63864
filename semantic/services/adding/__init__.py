"""Adding data: a person's choices, the profiles, and the steps to a published model and its first board.

Suggestions from tables are in `semantic.introspection`, and ready models in `semantic.starters`.
"""
