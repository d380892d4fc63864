"""The page of a receipt: whether its numbers are still the same, and what has changed since.

`semantic.services.receipts` asks the question again and compares the answers.
"""
