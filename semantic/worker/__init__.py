"""The worker runs jobs when they are due, in the app or as a separate process, each in one place at a time.

Jobs themselves are thin: their work is in `semantic.services` and `semantic.store`, and only their list is here.
"""
