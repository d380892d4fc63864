"""The page that opens a receipt: whether the numbers are equal, and what has changed since.

Re-running and comparing is in `semantic.services.receipts`.
"""
