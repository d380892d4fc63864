"""A question's settings in words, the same in its builder, on boards and in messages.

There is a file for each of periods, comparisons and filters. `semantic.query.describe` has the words that need no
labels.
"""
