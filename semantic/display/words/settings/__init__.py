"""Describe the settings of a question, in the same words in its builder, on boards and in messages.

There is one file each for periods, comparisons and filters. `semantic.query.describe` has the words that need no
labels.
"""
