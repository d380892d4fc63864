"""The page that opens a receipt: whether the numbers are equal, and what has changed since.

`semantic.services.receipts` re-runs and compares.
"""
