"""Adding data: what a person chose, its profiles, and the way to a published model and its first board.

What tables suggest is in `semantic.introspection`, and ready models in `semantic.starters`.
"""
