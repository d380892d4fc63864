"""A question's settings in words, the same in its builder, on boards and in messages.

A file for each: periods, comparisons, filters. `semantic.query.describe` has words that need no labels.
"""
