"""The worker: runs jobs when they are due, in the app or as a process of its own, each in one place at a time.

Jobs themselves are thin: what they do is in `semantic.services` and `semantic.store`, and only their list is here.
"""
