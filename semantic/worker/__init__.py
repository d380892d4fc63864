"""The worker runs jobs when they are due, in the app or as a separate process. Each job runs in one place at a time.

This package has the list of jobs. Their work is done in `semantic.services` and `semantic.store`.
"""
