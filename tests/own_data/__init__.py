"""What the drafting of a model is tried on: made-up warehouses, truths written by hand, and how guesses are scored.

Data that others published stays outside: its folder is an argument. Tests of the code that drafts are beside its
mirror, in tests/semantic.
"""
